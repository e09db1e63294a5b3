#include "client/web/otlp/exporter.h"

#include <cstdio>
#include <exception>
#include <utility>
#include <vector>

#include "client/web/otlp/encoding.h"
#include "client/web/otlp/spans.h"
#include "proto/printable.h"

namespace forkmill::web::otlp {

namespace {

constexpr std::chrono::milliseconds kLook{250};  // how often the exporter looks whether it shall end
constexpr std::chrono::seconds kRetry{1};        // while the broker is away

}  // namespace

Exporter::Exporter(const Settings& settings, Begin begin, std::function<bool()> connected)
    : tasks_{settings.tasks},
      begin_{std::move(begin)},
      connected_{std::move(connected)},
      sender_{settings, make_collector(settings)},
      thread_{[this] { run(); }} {}

Exporter::~Exporter() {
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
  }
  stopping_.notify_all();
  thread_.join();
}

void Exporter::run() {
  EventFilter filter;
  filter.ends = true;
  filter.traced = tasks_ == Tasks::traced;
  while (!is_stopped()) {
    try {
      follow(begin_(filter));
    } catch (const std::exception& error) {
      note_failure(error.what());
      wait_for_broker();
    }
  }
}

void Exporter::follow(forkmill::EventStream events) {
  note_following(true);
  while (!is_stopped()) {
    try {
      const auto event = events.next_for(kLook);
      if (event) take(*event);
      note_following(event || connected_());
    } catch (const std::exception& error) {
      note_following(false);
      note_failure(error.what());
      wait_for_broker();
    }
  }
}

void Exporter::take(const TaskEvent& event) {
  if (event.kind == TaskEventKind::missed) {
    const std::lock_guard lock{mutex_};
    missed_ += event.missed.end - event.missed.first;
    return;
  }
  std::vector<std::string> spans;
  for (const auto& span : spans_of(event, tasks_)) spans.push_back(encoded(span));
  if (!spans.empty()) sender_.push(std::move(spans));
}

void Exporter::note_following(bool is_following) {
  if (is_following) failure_.clear();
  const std::lock_guard lock{mutex_};
  is_following_ = is_following;
}

void Exporter::note_failure(const std::string& why) {
  if (std::exchange(failure_, why) == why) return;
  std::fprintf(stderr, "forkmill web: cannot read the events whose spans are exported: %s\n",
               proto::printable(why, proto::LineBreaks::shown).c_str());
}

bool Exporter::is_stopped() const {
  const std::lock_guard lock{mutex_};
  return stopped_;
}

void Exporter::wait_for_broker() {
  std::unique_lock lock{mutex_};
  stopping_.wait_for(lock, kRetry, [this] { return stopped_; });
}

void Exporter::add_metrics(Exposition& text) const {
  using Kind = Exposition::Kind;
  const auto counts = sender_.counts();
  const auto number = [](std::uint64_t count) { return static_cast<double>(count); };
  text.begin("forkmill_gateway_otlp_exported_spans", Kind::counter, "Spans that the collector has taken.");
  text.add(number(counts.exported));
  text.begin("forkmill_gateway_otlp_dropped_spans", Kind::counter, "Spans that are lost, by the reason.");
  text.add({{"reason", "queue_full"}}, number(counts.overflowed));
  text.add({{"reason", "rejected"}}, number(counts.rejected));
  text.begin("forkmill_gateway_otlp_requests", Kind::counter, "Requests to the collector, by what became of them.");
  text.add({{"outcome", "delivered"}}, number(counts.delivered));
  text.add({{"outcome", "retried"}}, number(counts.retried));
  text.add({{"outcome", "rejected"}}, number(counts.refused));
  text.begin("forkmill_gateway_otlp_queued_spans", Kind::gauge, "Spans that wait for the collector.");
  text.add(number(counts.waiting));
  const std::lock_guard lock{mutex_};
  text.begin("forkmill_gateway_otlp_missed_events", Kind::counter,
             "Events that the broker has not told, which may have had spans.");
  text.add(number(missed_));
  text.begin("forkmill_gateway_otlp_following", Kind::gauge, "1 while the events of the broker are read.");
  text.add(is_following_ ? 1 : 0);
}

}  // namespace forkmill::web::otlp
