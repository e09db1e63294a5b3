#include "client/web/otlp/collector_log.h"

#include <cstdio>

#include "proto/os/real_env.h"
#include "proto/printable.h"
#include "proto/text.h"

namespace forkmill::web::otlp {

namespace {

constexpr std::size_t kShownAnswer = 200;

void log_line(const std::string& text) { std::fprintf(stderr, "forkmill web: %s\n", text.c_str()); }

// Returns why the collector did not take a request.
std::string reason_of(const Collector::Answer& answer) {
  const std::string text{answer.status == 0 ? answer.failure : proto::first_bytes(answer.body, kShownAnswer)};
  auto shown = proto::printable(text, proto::LineBreaks::shown);
  if (answer.status == 0) return shown;
  return "HTTP " + std::to_string(answer.status) + (shown.empty() ? "" : ": " + shown);
}

}  // namespace

void CollectorLog::note(Fate fate, const Collector::Answer& answer) {
  const bool was_away = std::exchange(is_away_, fate == Fate::retry);
  if (fate == Fate::retry && !was_away)
    log_line("cannot send spans to " + url_ + ": " + reason_of(answer) + "; they wait, and are sent again");
  if (fate == Fate::delivered && was_away) log_line("spans are sent to " + url_ + " again");
  if (fate == Fate::rejected && limit_.allows(proto::RealEnv::steady()))
    log_line("the collector at " + url_ + " refuses spans: " + reason_of(answer) + limit_.take_omitted());
}

void CollectorLog::note_lost(std::size_t spans) const {
  log_line(proto::format_count(spans, "span") + " could not be sent to " + url_ + " before the end");
}

}  // namespace forkmill::web::otlp
