// Exporter: follows the events of a cluster, on a thread of its own, and hands the spans of its tasks to a SpanSender.
// Thread-safe.
#pragma once

#include <forkmill/events.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "client/web/metrics/exposition.h"
#include "client/web/otlp/settings.h"
#include "client/web/otlp/span_sender.h"

namespace forkmill::web::otlp {

class Exporter {
 public:
  // Begins a stream of events at the broker. Throws while the broker is away.
  using Begin = std::function<forkmill::EventStream(const EventFilter& filter)>;

  // Begins to export, as soon as the broker is there. connected: whether it is. Throws std::runtime_error if spans
  // cannot be sent with these settings, or by this build.
  Exporter(const Settings& settings, Begin begin, std::function<bool()> connected);
  // Sends what waits, for two seconds.
  ~Exporter();
  Exporter(const Exporter&) = delete;
  Exporter& operator=(const Exporter&) = delete;

  void add_metrics(Exposition& text) const;

 private:
  void run();
  // Reads the stream until the exporter ends. The stream goes on where it was when the broker comes back.
  void follow(forkmill::EventStream events);
  void take(const TaskEvent& event);
  void note_following(bool is_following);
  // Says on stderr why events cannot be read, once for each reason.
  void note_failure(const std::string& why);
  bool is_stopped() const;
  void wait_for_broker();

  const Tasks tasks_;
  const Begin begin_;
  const std::function<bool()> connected_;
  SpanSender sender_;
  std::string failure_{};  // the last one that was logged
  mutable std::mutex mutex_;
  std::condition_variable stopping_;
  bool stopped_ = false;
  bool is_following_ = false;
  std::uint64_t missed_ = 0;  // events
  std::thread thread_;
};

}  // namespace forkmill::web::otlp
