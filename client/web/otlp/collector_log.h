// CollectorLog: what the gateway says on stderr of its collector: when it is away, when it is back, and what it
// refuses. One thread.
#pragma once

#include <string>
#include <utility>

#include "client/web/otlp/collector.h"
#include "client/web/otlp/retry_rules.h"
#include "proto/log_limit.h"

namespace forkmill::web::otlp {

class CollectorLog {
 public:
  // url: of the collector.
  explicit CollectorLog(std::string url) : url_{std::move(url)} {}

  // Notes the answer to a request. Says only what is new, and refusals once a second.
  void note(Fate fate, const Collector::Answer& answer);
  // Says that spans are lost, because the gateway ends.
  void note_lost(std::size_t spans) const;

 private:
  std::string url_;
  bool is_away_ = false;  // the collector did not take the last request
  proto::LogLimit limit_{1};
};

}  // namespace forkmill::web::otlp
