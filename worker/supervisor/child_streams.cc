#include "worker/supervisor/child_streams.h"

namespace forkmill::worker {

void ChildStreams::open(proto::Descriptor& out, proto::Descriptor& err) {
  pipes_[0] = OutputPipe::make(out);
  pipes_[1] = OutputPipe::make(err);
}

void ChildStreams::watch(proto::Waiter& waiter, std::uint64_t tag) {
  for (const OutputPipe& pipe : pipes_)
    if (pipe.fd() >= 0) waiter.add(pipe.fd(), tag);
}

void ChildStreams::pause(proto::Waiter& waiter) {
  for (const OutputPipe& pipe : pipes_)
    if (pipe.fd() >= 0) waiter.remove(pipe.fd());
}

void ChildStreams::pump(proto::Waiter& waiter, OutputSinks& sinks) {
  for (std::size_t i = 0; i < pipes_.size(); ++i) {
    OutputSink& sink = i == 0 ? sinks.out : sinks.err;
    if (pipes_[i].fd() >= 0 && !pipes_[i].pump(sink, tail_)) close(pipes_[i], waiter, sink);
  }
}

void ChildStreams::close(proto::Waiter& waiter, OutputSinks& sinks) {
  pump(waiter, sinks);
  close(pipes_[0], waiter, sinks.out);
  close(pipes_[1], waiter, sinks.err);
}

void ChildStreams::close(OutputPipe& pipe, proto::Waiter& waiter, OutputSink& sink) {
  pipe.finish(sink);
  if (pipe.fd() >= 0) waiter.remove(pipe.fd());
  pipe = OutputPipe{};
}

}  // namespace forkmill::worker
