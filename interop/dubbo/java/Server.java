import com.google.protobuf.ByteString;
import grpc.testing.DubboTestServiceTriple;
import grpc.testing.GrpcTesting.Empty;
import grpc.testing.GrpcTesting.Payload;
import grpc.testing.GrpcTesting.ResponseParameters;
import grpc.testing.GrpcTesting.SimpleRequest;
import grpc.testing.GrpcTesting.SimpleResponse;
import grpc.testing.GrpcTesting.StreamingInputCallRequest;
import grpc.testing.GrpcTesting.StreamingInputCallResponse;
import grpc.testing.GrpcTesting.StreamingOutputCallRequest;
import grpc.testing.GrpcTesting.StreamingOutputCallResponse;
import grpc.testing.TestService;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.dubbo.common.stream.StreamObserver;
import org.apache.dubbo.config.ApplicationConfig;
import org.apache.dubbo.config.ProtocolConfig;
import org.apache.dubbo.config.RegistryConfig;
import org.apache.dubbo.config.ServiceConfig;
import org.apache.dubbo.config.bootstrap.DubboBootstrap;
import org.apache.dubbo.rpc.CancellationContext;
import org.apache.dubbo.rpc.RpcContext;
import org.apache.dubbo.rpc.TriRpcStatus;

/** A server of Dubbo Java, whose handlers do what those of interop/dubbo/go/server do: without group and version, as blue 1.0.0 and blue 2.0.0. */
public final class Server {
  static final AtomicInteger running = new AtomicInteger();
  static final AtomicInteger cancelled = new AtomicInteger();
  static final AtomicInteger finished = new AtomicInteger();

  public static void main(String[] args) throws Exception {
    int port = Integer.parseInt(args[1]);
    ApplicationConfig application = new ApplicationConfig("sluice-interop");
    application.setQosEnable(false);
    ProtocolConfig protocol = new ProtocolConfig("tri", port);
    protocol.setHost("127.0.0.1");
    DubboBootstrap.getInstance()
        .application(application)
        .registry(new RegistryConfig("N/A"))
        .protocol(protocol)
        .service(service("/", "", ""))
        .service(service("blue/1.0.0", "blue", "1.0.0"))
        .service(service("blue/2.0.0", "blue", "2.0.0"))
        .start();
    System.out.println("listening on 127.0.0.1:" + port);
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.equals("stats")) {
        System.out.printf("running %d cancelled %d finished %d goroutines %d%n", running.get(), cancelled.get(), finished.get(), Thread.activeCount());
      }
    }
    Runtime.getRuntime().halt(0);
  }

  private static ServiceConfig<TestService> service(String name, String group, String version) {
    ServiceConfig<TestService> service = new ServiceConfig<>();
    service.setInterface(TestService.class);
    service.setRef(new Scripts(name));
    if (!group.isEmpty()) service.setGroup(group);
    if (!version.isEmpty()) service.setVersion(version);
    return service;
  }

  public static final class Scripts extends DubboTestServiceTriple.TestServiceImplBase {
    private final String name;

    Scripts(String name) {
      this.name = name;
    }

    @Override
    public Empty emptyCall(Empty request) {
      return request;
    }

    @Override
    public SimpleResponse unaryCall(SimpleRequest request) {
      String script = attachment("x-script");
      if (script.equals("error")) throw failure(script).asException();
      if (script.equals("metadata")) mirror();
      if (script.equals("park")) park(RpcContext.getCancellationContext());
      return SimpleResponse.newBuilder().setUsername(name + attachment("in-a")).setPayload(request.getPayload()).build();
    }

    @Override
    public StreamObserver<StreamingInputCallRequest> streamingInputCall(StreamObserver<StreamingInputCallResponse> responses) {
      String script = attachment("x-script");
      if (script.equals("metadata")) mirror();
      Handler handler = new Handler(responses);
      return new Requests<>(handler) {
        int count;

        @Override
        public void onNext(StreamingInputCallRequest request) {
          count++;
          if (script.equals("error") || (script.equals("mid-error") && count == 2)) handler.fail(script);
        }

        @Override
        public void onCompleted() {
          if (script.equals("park") || handler.over()) return;
          responses.onNext(StreamingInputCallResponse.newBuilder().setAggregatedPayloadSize(count).build());
          handler.complete();
        }
      };
    }

    @Override
    public void streamingOutputCall(StreamingOutputCallRequest request, StreamObserver<StreamingOutputCallResponse> responses) {
      String script = attachment("x-script");
      if (script.equals("metadata")) mirror();
      Handler handler = new Handler(responses);
      if (script.equals("error")) {
        handler.fail(script);
        return;
      }
      int count = 0;
      for (ResponseParameters parameters : request.getResponseParametersList()) {
        if (script.equals("mid-error") && count == 2) {
          handler.fail(script);
          return;
        }
        responses.onNext(payload(parameters.getSize()));
        count++;
      }
      if (!script.equals("park")) handler.complete();
    }

    @Override
    public StreamObserver<StreamingOutputCallRequest> fullDuplexCall(StreamObserver<StreamingOutputCallResponse> responses) {
      String script = attachment("x-script");
      if (script.equals("metadata")) mirror();
      Handler handler = new Handler(responses);
      return new Requests<>(handler) {
        int count;

        @Override
        public void onNext(StreamingOutputCallRequest request) {
          if (script.equals("error")) handler.fail(script);
          if (handler.over()) return;
          for (ResponseParameters parameters : request.getResponseParametersList()) responses.onNext(payload(parameters.getSize()));
          if (script.equals("mid-error") && ++count == 2) handler.fail(script);
        }

        @Override
        public void onCompleted() {
          if (script.equals("park") || handler.over()) return;
          if (script.equals("after")) for (int i = 0; i < 3; i++) responses.onNext(payload(7));
          handler.complete();
        }
      };
    }

    private static StreamingOutputCallResponse payload(int size) {
      return StreamingOutputCallResponse.newBuilder()
          .setPayload(Payload.newBuilder().setBody(ByteString.copyFrom(new byte[size])))
          .build();
    }
  }

  /** A stream's handler: counted from its call to its end, whoever ends it. */
  static final class Handler {
    private final StreamObserver<?> responses;
    private boolean over;

    Handler(StreamObserver<?> responses) {
      this.responses = responses;
      running.incrementAndGet();
      RpcContext.getCancellationContext().addListener(ignored -> end(true));
    }

    synchronized boolean over() {
      return over;
    }

    synchronized void end(boolean byClient) {
      if (over) return;
      over = true;
      running.decrementAndGet();
      finished.incrementAndGet();
      if (byClient) cancelled.incrementAndGet();
    }

    void complete() {
      end(false);
      responses.onCompleted();
    }

    void fail(String script) {
      if (over()) return;
      end(false);
      responses.onError(failure(script).asException());
    }
  }

  abstract static class Requests<T> implements StreamObserver<T> {
    private final Handler handler;

    Requests(Handler handler) {
      this.handler = handler;
    }

    @Override
    public void onError(Throwable error) {
      handler.end(true);
    }
  }

  private static void park(CancellationContext context) {
    running.incrementAndGet();
    CountDownLatch left = new CountDownLatch(1);
    context.addListener(ignored -> left.countDown());
    try {
      left.await();
    } catch (InterruptedException error) {
      Thread.currentThread().interrupt();
    }
    running.decrementAndGet();
    finished.incrementAndGet();
    cancelled.incrementAndGet();
  }

  private static TriRpcStatus failure(String script) {
    return script.equals("mid-error")
        ? TriRpcStatus.fromCode(TriRpcStatus.Code.DATA_LOSS).withDescription("half of it is gone")
        : TriRpcStatus.NOT_FOUND.withDescription("no such thing: é");
  }

  private static String attachment(String name) {
    String value = RpcContext.getServerAttachment().getAttachment(name);
    return value == null ? "" : value;
  }

  /** What a client that sent in-x is to hear; attachments of a response are one thing here. */
  private static void mirror() {
    RpcContext.getServerAttachment()
        .getObjectAttachments()
        .forEach(
            (name, value) -> {
              if (name.startsWith("in-")) RpcContext.getServerContext().setAttachment("tail-" + name.substring(3), String.valueOf(value));
            });
  }
}
