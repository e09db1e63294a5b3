#include "client/web/live/history.h"

#include "client/cli/text/answers.h"

namespace forkmill::web {

namespace {

// Adds up the histograms of all queues and tasks.
BucketCounts sum_of(const nlohmann::ordered_json& metrics, const char* key) {
  const auto bounds = cli::value_of(metrics, "bounds_us");
  BucketCounts sum;
  for (const auto& row : cli::value_of(metrics, "times")) sum.add({bounds, cli::value_of(row, key)});
  return sum;
}

}  // namespace

void History::add(std::int64_t at_ms, const nlohmann::ordered_json& status, const nlohmann::ordered_json& metrics) {
  const auto tasks = cli::value_of(status, "tasks");
  const auto count = [&](const char* state) { return cli::number_of(tasks, state); };
  const std::lock_guard lock{mutex_};
  const auto uptime_ms = cli::number_of(status, "uptime_ms");
  if (uptime_ms < uptime_ms_) samples_.clear();
  uptime_ms_ = uptime_ms;
  samples_.push_back({at_ms, count("succeeded"), count("failed"), count("ready"), count("running"),
                      sum_of(metrics, "wait"), sum_of(metrics, "run")});
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
  json["wait_p50_ms"] = percentiles(&Sample::waited, 0.5);
  json["wait_p95_ms"] = percentiles(&Sample::waited, 0.95);
  json["run_p50_ms"] = percentiles(&Sample::ran, 0.5);
  json["run_p95_ms"] = percentiles(&Sample::ran, 0.95);
  return json;
}

nlohmann::ordered_json History::percentiles(BucketCounts Sample::*histogram, double part) const {
  auto list = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < samples_.size(); ++i) {
    const auto& before = samples_[i < kWindow ? 0 : i - kWindow].*histogram;
    const auto value = (samples_[i].*histogram).since(before).percentile_ms(part);
    list.push_back(value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json{});
  }
  return list;
}

}  // namespace forkmill::web
