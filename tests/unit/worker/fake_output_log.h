// A log of an attempt that keeps what it is given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "worker/tasks/output_log.h"

namespace forkmill::worker::test {

// Threads: text() may be called by another thread than printed().
class FakeOutputLog : public OutputLog {
 public:
  virtual ~FakeOutputLog() = default;
  void printed(proto::LogSource from, std::uint64_t dropped, std::string_view text) override {
    const std::lock_guard lock{mutex_};
    if (from != source_) text_ += from == proto::LogSource::output ? "[out]" : "[err]";
    source_ = from;
    text_ += text;
    bytes += text.size();
    missing += dropped;
    ++calls;
  }
  // All texts, with the name of the stream before each change of it.
  std::string text() const {
    const std::lock_guard lock{mutex_};
    return text_;
  }

  std::size_t bytes = 0;
  std::uint64_t missing = 0;
  int calls = 0;

 private:
  mutable std::mutex mutex_;
  std::string text_;
  proto::LogSource source_ = proto::LogSource::lines;
};

}  // namespace forkmill::worker::test
