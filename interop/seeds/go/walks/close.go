package walks

import "context"

// closeStream opens a stream, receives once if the handler answers at all, and closes it without ending its context.
func closeStream(w *World) error {
	var all []map[string]any
	for range w.Count {
		ctx, cancel := context.WithCancel(context.Background())
		var stream Stream
		opening := w.within(cancel, func() (err error) {
			stream, err = w.open(ctx)
			return err
		})
		figures := map[string]any{"opening": opening}
		if !opening.Blocked {
			if opening.Error != "" {
				cancel()
				return tell(figures)
			}
			if err := w.begun(stream); err != nil {
				cancel()
				return err
			}
			figures["closing"] = w.within(cancel, func() error {
				if err := stream.CloseSend(); err != nil {
					return err
				}
				return stream.Leave()
			})
			figures["afterwards"] = w.within(cancel, stream.Recv)
		}
		figures["goroutines"] = settled(w.before)
		defer cancel()
		all = append(all, figures)
	}
	return tell(map[string]any{"streams": all})
}

// begun receives the first message where there is one.
func (w *World) begun(stream Stream) error {
	if w.Kind == "duplex" {
		if err := stream.Send(10); err != nil {
			return err
		}
	}
	if w.Script == "mute" {
		return nil
	}
	return stream.Recv()
}
