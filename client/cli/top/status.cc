#include "client/cli/top/status.h"

#include <set>

#include "client/cli/text/answers.h"
#include "client/cli/text/human.h"

namespace forkmill::cli {

namespace {

std::int64_t ended_in(const Json& status) {
  std::int64_t sum = 0;
  for (const char* state : {"succeeded", "failed", "cancelled", "expired"})
    sum += number_of(value_of(status, "tasks"), state);
  return sum;
}

// "2 brokers"
std::string count_brokers(const Json& shards) {
  std::set<std::string> brokers;
  for (const auto& shard : shards) brokers.insert(text_of(shard, "broker"));
  return format_count(brokers.size(), "broker");
}

}  // namespace

void TopStatus::told(const Json& body, std::int64_t now_ms) {
  rate_.reset();
  if (body_ && now_ms > at_ms_ && text_of(*body_, "epoch") == text_of(body, "epoch")) {
    const auto ended = ended_in(body) - ended_in(*body_);
    if (ended >= 0) rate_ = static_cast<double>(ended) * 1000 / static_cast<double>(now_ms - at_ms_);
  }
  body_ = body;
  at_ms_ = now_ms;
}

std::string TopStatus::text() const {
  auto place = "forkmill " + printable(endpoint_);
  if (!is_connected_) return "reconnecting to " + printable(endpoint_);
  if (!body_) return place;
  const auto tasks = value_of(*body_, "tasks");
  std::string text = "ready " + text_of(tasks, "ready") + "  running " + text_of(tasks, "running") + "  scheduled " +
                     text_of(tasks, "scheduled") + "  ends " + (rate_ ? format_rate(*rate_) : "-") + "  failed " +
                     text_of(tasks, "failed") + "  workers " + text_of(*body_, "workers") + "/" +
                     text_of(*body_, "children");
  if (const auto shards = value_of(*body_, "shards"); shards.is_array())
    text += "  shards " + std::to_string(shards.size()) + " on " + count_brokers(shards);
  if (is_true(*body_, "memory_full")) text += "  MEMORY FULL";
  if (const auto unserved = value_of(*body_, "unserved"); unserved.is_array() && !unserved.empty())
    text += "  UNSERVED " + std::to_string(unserved.size());
  return text + "  up " + format_duration(static_cast<double>(number_of(*body_, "uptime_ms")) / 1000) + "  " + place;
}

bool TopStatus::is_alarming() const { return !is_connected_ || (body_ && is_true(*body_, "memory_full")); }

}  // namespace forkmill::cli
