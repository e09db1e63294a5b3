#include "client/web/gateway.h"

#include <chrono>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

#include "client/cli/text/answers.h"
#include "client/web/api/division.h"
#include "client/web/api/filters.h"
#include "client/web/http/accept_encoding.h"
#include "client/web/http/failure.h"
#include "client/web/metrics/cluster.h"
#include "client/web/metrics/process.h"
#include "client/web/metrics/times.h"
#include "client/web/pages/pages.h"

namespace forkmill::web {

namespace {

constexpr std::chrono::seconds kSampling{2};  // for the plots of the overview
constexpr const char* kEventStream = "text/event-stream";

Response json_response(const Json& body) {
  return {.body = body.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"};
}

// The response to a failure, with the headers that its status asks for.
Response failed(const std::exception_ptr& error) {
  const auto failure = failure_of(error);
  auto response = failure.response();
  if (failure.status() == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"forkmill\"");
  if (failure.status() == 503 || failure.status() == 429) response.headers.emplace_back("Retry-After", "1");
  if (failure.status() == 405) response.headers.emplace_back("Allow", std::string{failure.what()}.substr(4));
  return response;
}

Response check_of_health(bool is_well) {
  auto body = Json::object();
  body["status"] = is_well ? "ok" : "broker_unreachable";
  auto response = json_response(body);
  response.status = is_well ? 200 : 503;
  return response;
}

// Returns the answer to QUERY metrics. An empty object: the broker is older than that query.
Json ask_metrics(Broker& broker) {
  try {
    return broker.ask(QueryKind::metrics);
  } catch (const Error& error) {
    if (error.code() != Errc::bad_request) throw;
    return Json::object();
  }
}

// Returns a page of failed tasks, for ErrorGroups.
Json failed_tasks(Broker& broker, std::uint64_t before) {
  constexpr std::uint32_t kPage = 1000;
  TaskFilter filter;
  filter.state = "failed";
  filter.before = before;
  filter.most = kPage;
  return broker.ask(Query{.kind = QueryKind::tasks, .argument = "", .filter = filter});
}

bool is_get(const Request& request) { return request.method == "GET" || request.method == "HEAD"; }

bool is_at(const Request& request, std::initializer_list<const char*> path) {
  return std::equal(path.begin(), path.end(), request.target.path.begin(), request.target.path.end());
}

}  // namespace

Gateway::Gateway(Broker& broker, Audit& audit, const Access& access)
    : broker_{broker},
      audit_{audit},
      access_{access},
      errors_{[this](std::uint64_t before) { return failed_tasks(broker_, before); }},
      watches_{
          WatchLimits{}, static_cast<std::uint64_t>(unix_time().count()),
          [this](const Request& request) { return ask(request).dump(-1, ' ', false, Json::error_handler_t::replace); }},
      logs_{LogStreams::Limits{}, [this](const Query& query) { return broker_.ask(query); }},
      feeds_{[this](const EventFilter& filter) { return broker_.begin_events(filter); }},
      sampling_{kSampling, [this] { sample(); }} {}

void Gateway::sample() {
  if (!broker_.connected()) return;
  try {
    history_.add(unix_time().count(), broker_.ask(QueryKind::status), ask_metrics(broker_));
  } catch (const std::exception&) {
    return;  // there is no sample while the broker is away
  }
}

std::optional<Response> Gateway::answer_at_once(const Request& request) const {
  if (is_get(request) && is_at(request, {"healthz"})) return check_of_health(true);
  if (is_get(request) && is_at(request, {"readyz"})) return check_of_health(broker_.connected());
  try {
    const bool may_compress = accepts_gzip(request.headers.accept_encoding);
    if (auto page = is_get(request) ? page_at(request.target.path, may_compress) : std::nullopt) {
      access_.check_host(request);
      return page;
    }
    if (request.method == "POST" && is_at(request, {"api", "v1", "login"})) return answer_login(request);
    const bool is_scrape = is_get(request) && is_at(request, {"metrics"});
    access_.admit(request, is_scrape ? Access::Users::all : Access::Users::own);
    if (!is_get(request) && request.method != "POST") throw Failure{405, "wrong_method", "use GET, POST"};
    if (!is_get(request)) access_.admit_change(request);
    if (is_get(request) && is_at(request, {"api", "v1", "session"})) return json_response(session());
    return std::nullopt;
  } catch (...) {
    return failed(std::current_exception());
  }
}

Response Gateway::answer(const Request& request) {
  try {
    if (is_get(request) && is_at(request, {"metrics"})) return metrics(request);
    if (is_get(request) && is_at(request, {"api", "v1", "events"})) return feed(request);
    return is_get(request) && request.target.query.contains("watch") ? watch(request) : call_api(request);
  } catch (...) {
    return failed(std::current_exception());
  }
}

Response Gateway::answer_login(const Request& request) const {
  auto response = json_response(Json::object());
  response.headers.emplace_back("Set-Cookie", access_.login(request));
  return response;
}

Call Gateway::new_call() { return {.broker = broker_, .history = history_, .errors = errors_, .audit = audit_}; }

Response Gateway::call_api(const Request& request) {
  auto call = new_call();
  const auto& route = find_route(request, call);
  return json_response(route.changes ? audited(request, route, call) : route.action(call));
}

Json Gateway::ask(const Request& request) {
  auto call = new_call();
  return find_route(request, call).action(call);
}

Response Gateway::watch(const Request& request) {
  auto asked = request;
  asked.target.query.erase("watch");
  auto call = new_call();
  const auto& route = find_route(asked, call);  // throws if there is none
  if (std::string_view{route.path} == kLogsPath) {
    const auto query = read_log_query(call.path.at("id"), call.query);
    return {.type = kEventStream, .events = logs_.open(query, request.headers.last_event_id)};
  }
  return {.type = kEventStream, .events = watches_.open(asked, request.headers.last_event_id)};
}

Response Gateway::feed(const Request& request) {
  auto call = new_call();
  find_route(request, call);  // throws for unknown parameters
  auto filter = read_event_filter(call.query);
  if (!request.headers.last_event_id.empty()) filter.after = request.headers.last_event_id;
  return {.type = kEventStream, .events = feeds_.open(filter)};
}

Json Gateway::audited(const Request& request, const Route& route, Call& call) {
  Json line{{"at_ms", unix_time().count()},
            {"user", access_.admit(request)},
            {"peer", request.peer},
            {"route", route.path},
            {"path", call.path},
            {"body", call.body},
            {"event", "begin"}};
  audit_.write(line);
  line["event"] = "end";
  try {
    auto answer = route.action(call);
    line["at_ms"] = unix_time().count();
    line["answer"] = answer;
    audit_.write(line);
    return answer;
  } catch (...) {
    const auto failure = failure_of(std::current_exception());
    line["at_ms"] = unix_time().count();
    line["error"] = failure.code();
    audit_.write(line);
    throw failure;
  }
}

Response Gateway::metrics(const Request& request) {
  const auto format = accepted_format(request.headers.accept);
  Exposition text{format};
  text.begin("forkmill_build_info", Exposition::Kind::gauge, "The version of the gateway.");
  text.add({{"version", FORKMILL_VERSION}}, 1);
  bool is_up = true;
  try {
    const auto status = broker_.ask(QueryKind::status);
    const auto queues = broker_.ask(QueryKind::queues);
    const auto workers = broker_.ask(QueryKind::workers);
    const auto times = ask_metrics(broker_);
    const bool has_shards = cli::value_of(status, "shards").is_array();
    const auto division = division_of(broker_, status);
    add_status(text, status);
    if (has_shards) add_shards(text, status, division);
    add_queues(text, queues);
    add_workers(text, workers);
    add_times(text, times);
  } catch (const Failure&) {
    is_up = false;
  }
  text.begin("forkmill_up", Exposition::Kind::gauge, "Whether the broker answers the gateway.");
  text.add(is_up ? 1 : 0);
  if (more_metrics_) more_metrics_(text);
  add_process(text);
  return {.body = text.finish(), .type = Exposition::media_type(format)};
}

Json Gateway::session() const {
  return {{"csrf_token", access_.csrf_token()}, {"read_only", access_.read_only()}, {"version", FORKMILL_VERSION}};
}

}  // namespace forkmill::web
