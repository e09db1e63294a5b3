#include "worker/supervisor/child_streams.h"

#include "worker/ipc/control.h"

namespace forkmill::worker {

void PrintedText::begin(AreaHead& head, std::size_t stream, OutputTail& tail) {
  head_ = &head;
  stream_ = stream;
  tail_ = &tail;
  text_.clear();
  read_ = 0;
}

void PrintedText::before_read() { head_->output_reads.fetch_add(1, std::memory_order_seq_cst); }

void PrintedText::after_read(std::string_view text) {
  read_ += text.size();
  head_->output_read[stream_].store(read_, std::memory_order_seq_cst);
  head_->output_reads.fetch_add(1, std::memory_order_seq_cst);
  if (text.empty()) return;
  tail_->add(text);
  text_ += text;
  if (text_.size() > Control::kMaxOutput) text_.erase(0, text_.size() - Control::kMaxOutput);
}

void ChildStreams::reset() {
  pipes_ = {};
  area_.reset();
}

void ChildStreams::open(int area, proto::Descriptor& out, proto::Descriptor& err) {
  area_ = SharedArea::map(area);
  area_->hide_from_forks();
  for (std::size_t i = 0; i < printed_.size(); ++i) printed_[i].begin(area_->head(), i, tail_);
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
    if (pipes_[i].fd() >= 0 && !pipes_[i].pump(sink, printed_[i])) close(pipes_[i], waiter, sink);
  }
}

void ChildStreams::close(proto::Waiter& waiter, OutputSinks& sinks) {
  pump(waiter, sinks);
  close(pipes_[0], waiter, sinks.out);
  close(pipes_[1], waiter, sinks.err);
  area_.reset();
}

void ChildStreams::close(OutputPipe& pipe, proto::Waiter& waiter, OutputSink& sink) {
  pipe.finish(sink);
  if (pipe.fd() >= 0) waiter.remove(pipe.fd());
  pipe = OutputPipe{};
}

}  // namespace forkmill::worker
