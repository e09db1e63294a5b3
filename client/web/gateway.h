// Gateway: answers the requests of HTTP: checks of health, metrics, the API, watches and pages. Thread-safe.
#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "client/web/access/access.h"
#include "client/web/access/audit.h"
#include "client/web/api/broker.h"
#include "client/web/api/route.h"
#include "client/web/http/message.h"
#include "client/web/live/error_groups.h"
#include "client/web/live/event_feeds.h"
#include "client/web/live/history.h"
#include "client/web/live/live_updates.h"
#include "client/web/live/log_streams.h"
#include "client/web/live/repeating_thread.h"
#include "client/web/metrics/exposition.h"

namespace forkmill::web {

class Gateway {
 public:
  // Adds metrics of the server to those of the gateway.
  using AddMetrics = std::function<void(Exposition& text)>;

  // The references must outlive the gateway.
  Gateway(Broker& broker, Audit& audit, const Access& access);
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  // Answers what needs no answer of the broker: checks of health, and refusals. Null: any other request.
  std::optional<Response> answer_at_once(const Request& request) const;
  // Answers a request for which answer_at_once() has no answer. Blocks for the timeout of the broker, and longer for
  // changes of many tasks. Does not throw.
  Response answer(const Request& request);

  // Call before the first answer().
  void add_metrics(AddMetrics more) { more_metrics_ = std::move(more); }

 private:
  Response answer_login(const Request& request) const;
  Call new_call();
  Response call_api(const Request& request);
  Response watch(const Request& request);
  Response feed(const Request& request);
  Json ask(const Request& request);
  void sample();
  Response metrics(const Request& request);
  Json session() const;
  // Carries out a change between two lines of the audit log.
  Json audited(const Request& request, const Route& route, Call& call);

  Broker& broker_;
  Audit& audit_;
  const Access& access_;
  AddMetrics more_metrics_{};
  History history_;
  ErrorGroups errors_;
  LiveUpdates watches_;
  LogStreams logs_;
  EventFeeds feeds_;
  RepeatingThread sampling_;
};

}  // namespace forkmill::web
