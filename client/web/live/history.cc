#include "client/web/live/history.h"

#include "client/cli/text/answers.h"

namespace forkmill::web {

void History::add(std::int64_t at_ms, const nlohmann::ordered_json& status) {
  const auto tasks = cli::value_of(status, "tasks");
  const auto count = [&](const char* state) { return cli::number_of(tasks, state); };
  const std::lock_guard lock{mutex_};
  const auto uptime_ms = cli::number_of(status, "uptime_ms");
  if (uptime_ms < uptime_ms_) samples_.clear();
  uptime_ms_ = uptime_ms;
  samples_.push_back({at_ms, count("succeeded"), count("failed"), count("ready"), count("running")});
  if (samples_.size() > kMaxSamples) samples_.pop_front();
}

nlohmann::ordered_json History::json() const {
  auto json = nlohmann::ordered_json::object();
  for (const char* key : {"at_ms", "succeeded", "failed", "ready", "running"})
    json[key] = nlohmann::ordered_json::array();
  const std::lock_guard lock{mutex_};
  for (const auto& sample : samples_) {
    json["at_ms"].push_back(sample.at_ms);
    json["succeeded"].push_back(sample.succeeded);
    json["failed"].push_back(sample.failed);
    json["ready"].push_back(sample.ready);
    json["running"].push_back(sample.running);
  }
  return json;
}

}  // namespace forkmill::web
