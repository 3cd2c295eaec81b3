import com.google.protobuf.ByteString;
import grpc.testing.GrpcTesting.Payload;
import grpc.testing.GrpcTesting.ResponseParameters;
import grpc.testing.GrpcTesting.SimpleRequest;
import grpc.testing.GrpcTesting.SimpleResponse;
import grpc.testing.GrpcTesting.StreamingInputCallRequest;
import grpc.testing.GrpcTesting.StreamingInputCallResponse;
import grpc.testing.GrpcTesting.StreamingOutputCallRequest;
import grpc.testing.GrpcTesting.StreamingOutputCallResponse;
import grpc.testing.TestService;
import java.util.HashMap;
import java.util.Map;
import java.util.Scanner;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import org.apache.dubbo.common.stream.StreamObserver;
import org.apache.dubbo.config.ApplicationConfig;
import org.apache.dubbo.config.ReferenceConfig;
import org.apache.dubbo.config.bootstrap.DubboBootstrap;
import org.apache.dubbo.rpc.RpcContext;
import org.apache.dubbo.rpc.StatusRpcException;
import org.apache.dubbo.rpc.TriRpcStatus;
import org.apache.dubbo.rpc.protocol.tri.CancelableStreamObserver;

/** A client of Dubbo Java that makes one call, as interop/dubbo/go/walker does: the same options, the same words. */
public final class Walker {
  private static final Map<String, String> options = new HashMap<>();
  private static int code;
  private static String message = "";
  private static String name = "";
  private static int bytes;
  private static int messages;
  private static final Map<String, String> trailers = new TreeMap<>();

  public static void main(String[] args) throws Exception {
    for (int i = 0; i + 1 < args.length; i += 2) options.put(args[i], args[i + 1]);
    ApplicationConfig application = new ApplicationConfig("sluice-interop");
    application.setQosEnable(false);
    ReferenceConfig<TestService> reference = new ReferenceConfig<>();
    reference.setInterface(TestService.class);
    // the same by a name that Dubbo does not replace, see dubboJavaPrograms() of interop/tools.mjs
    reference.setUrl("tri://" + options.get("-addr").replace("127.0.0.1", "loopback.test"));
    reference.setRetries(0);
    reference.setTimeout(option("-leave").equals("deadline") ? 300 : 20_000);
    if (options.containsKey("-group")) reference.setGroup(options.get("-group"));
    if (options.containsKey("-version")) reference.setVersion(options.get("-version"));
    DubboBootstrap.getInstance().application(application).reference(reference).start();
    TestService service = reference.get();
    String script = option("-script");
    if (!script.isEmpty()) RpcContext.getClientAttachment().setAttachment("x-script", script);
    if (script.equals("metadata")) RpcContext.getClientAttachment().setAttachment("in-a", "1").setAttachment("in-b", "2");
    long began = System.nanoTime();
    try {
      switch (option("-kind")) {
        case "client" -> input(service);
        case "server" -> output(service);
        case "bidi" -> duplex(service);
        default -> unary(service);
      }
      RpcContext.getClientResponseContext().getObjectAttachments().forEach((key, value) -> keep(key, value));
    } catch (Throwable error) {
      Throwable said = error;
      while (said.getCause() != null && !(said instanceof StatusRpcException)) said = said.getCause();
      TriRpcStatus status = TriRpcStatus.getStatus(said);
      code = status.code.code;
      message = status.description == null ? String.valueOf(error.getMessage()) : status.description;
    }
    long ms = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
    System.out.printf(
        "result {\"code\":%d,\"message\":%s,\"details\":[],\"name\":%s,\"bytes\":%d,\"messages\":%d,\"headers\":{},\"trailers\":{%s},\"ms\":%d}%n",
        code, quoted(message), quoted(name), bytes, messages, joined(), ms);
    Runtime.getRuntime().halt(0);
  }

  private static void unary(TestService service) {
    if (option("-script").equals("park")) System.out.println("open");
    Payload payload = Payload.newBuilder().setBody(ByteString.copyFrom(new byte[] {1, 2, 3})).build();
    SimpleResponse response = service.unaryCall(SimpleRequest.newBuilder().setPayload(payload).build());
    name = response.getUsername();
    bytes = response.getPayload().getBody().size();
    messages = 1;
  }

  private static void input(TestService service) throws Throwable {
    Responses<StreamingInputCallResponse> responses = new Responses<>(response -> bytes = response.getAggregatedPayloadSize());
    StreamObserver<StreamingInputCallRequest> requests = service.streamingInputCall(responses);
    for (int i = 0; i < 3; i++) requests.onNext(StreamingInputCallRequest.getDefaultInstance());
    if (option("-script").equals("park")) responses.opened();
    else requests.onCompleted();
    responses.await();
  }

  private static void output(TestService service) throws Throwable {
    Responses<StreamingOutputCallResponse> responses = new Responses<>(response -> {});
    service.streamingOutputCall(request(1, 2, 3), responses);
    if (option("-script").equals("park")) {
      for (int i = 0; i < 3; i++) responses.next();
      responses.opened();
    }
    responses.await();
  }

  private static void duplex(TestService service) throws Throwable {
    Responses<StreamingOutputCallResponse> responses = new Responses<>(response -> {});
    StreamObserver<StreamingOutputCallRequest> requests = service.fullDuplexCall(responses);
    String script = option("-script");
    for (int i = 0; i < 3 && !responses.over(); i++) {
      requests.onNext(request(1));
      if (!responses.next()) break;
      if (script.equals("park")) {
        responses.opened();
        responses.await();
        return;
      }
      if (script.equals("drain") && i == 0) {
        System.out.println("open");
        new Scanner(System.in).nextLine();
      }
    }
    if (!responses.over()) requests.onCompleted();
    responses.await();
  }

  private static StreamingOutputCallRequest request(int... sizes) {
    StreamingOutputCallRequest.Builder request = StreamingOutputCallRequest.newBuilder();
    for (int size : sizes) request.addResponseParameters(ResponseParameters.newBuilder().setSize(size));
    return request.build();
  }

  private interface Take<T> {
    void take(T response);
  }

  /** The responses of a stream, and its end. */
  private static final class Responses<T> extends CancelableStreamObserver<T> {
    private final Take<T> take;
    private final SynchronousQueue<Boolean> arrivals = new SynchronousQueue<>();
    private final CountDownLatch end = new CountDownLatch(1);
    private volatile Throwable error;

    Responses(Take<T> take) {
      this.take = take;
    }

    @Override
    public void onNext(T response) {
      messages++;
      take.take(response);
      try {
        arrivals.offer(true, 50, TimeUnit.MILLISECONDS);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void onError(Throwable failed) {
      error = failed;
      end.countDown();
    }

    @Override
    public void onCompleted() {
      end.countDown();
    }

    boolean over() {
      return end.getCount() == 0;
    }

    /** Whether a response has come, rather than the end. */
    boolean next() throws InterruptedException {
      while (!over()) if (arrivals.poll(10, TimeUnit.MILLISECONDS) != null) return true;
      return false;
    }

    /** Says that the call is open, and leaves it when the script says so. */
    void opened() {
      System.out.println("open");
      if (!option("-leave").equals("cancel")) return;
      new Scanner(System.in).nextLine();
      cancel(new RuntimeException("left"));
      System.out.printf("left at %d%n", System.currentTimeMillis() * 1000);
    }

    void await() throws Throwable {
      end.await(25, TimeUnit.SECONDS);
      if (error != null) throw error;
    }
  }

  private static String option(String key) {
    return options.getOrDefault(key, "");
  }

  private static void keep(String key, Object value) {
    if (key.startsWith("head-") || key.startsWith("tail-")) trailers.put(key, String.valueOf(value));
  }

  private static String joined() {
    StringBuilder text = new StringBuilder();
    trailers.forEach((key, value) -> text.append(text.isEmpty() ? "" : ",").append(quoted(key)).append(':').append(quoted(value)));
    return text.toString();
  }

  private static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\') quoted.append('\\').append(c);
      else if (c < 0x20) quoted.append(String.format("\\u%04x", (int) c));
      else quoted.append(c);
    }
    return quoted.append('"').toString();
  }
}
