#include "client/web/api/broker.h"

#include "client/cli/text/label.h"
#include "client/cli/text/values.h"

namespace forkmill::web {

namespace {

// A broker that has just restarted is back within this time.
constexpr std::chrono::milliseconds kReconnect{200};

ClientOptions client_options(const cli::ConnectionOptions& connection) {
  ClientOptions made;
  made.endpoint = connection.broker;
  made.server_public_key = connection.server_public_key;
  made.key = connection.key;
  made.seal_keys = connection.seal_keys;
  made.name = "forkmill web";
  made.connect_timeout = connection.connect_timeout;
  made.fail_fast = true;  // questions that the gateway does not wait for any more end
  made.warn_of_unserved = false;
  made.stay_awake = std::chrono::microseconds{0};
  return made;
}

}  // namespace

Broker::Broker(const cli::ConnectionOptions& connection)
    : timeout_{connection.connect_timeout}, options_{client_options(connection)}, client_{options_} {}

Json Broker::ask(const Query& query) { return cli::json_from_msgpack(ask_packed(query)); }

Json Broker::ask_within(QueryKind kind, std::chrono::milliseconds timeout) {
  check_connected();
  const Query query{.kind = kind, .argument = "", .filter = {}};
  return cli::json_from_msgpack(answer_within(client_.query(query), timeout).bytes);
}

std::string Broker::ask_packed(const Query& query) {
  check_connected();
  return answer(client_.query(query)).bytes;
}

Json Broker::carry_out(const Command& command) { return cli::json_from_msgpack(answer(give(command)).bytes); }

Future<RawResult> Broker::give(const Command& command) {
  check_connected();
  return client_.command(command);
}

Future<CancelState> Broker::cancel(const TaskId& id) {
  check_connected();
  return client_.cancel(id);
}

// A client of its own leaves before the task has ended: the gateway keeps nothing for it, and the broker its result.
TaskId Broker::submit(const std::string& name, const std::string& arguments, SubmitOptions options) const {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + timeout_;
  Client client{options_};
  if (!client.wait_connected(timeout_)) throw unreachable("does not answer");
  // The broker can read labels.
  if (options.label.empty() && !client.seals(options.queue)) options.label = cli::label_of_task(name, arguments);
  auto future = client.with(options).submit_raw(name, arguments);
  const TaskId id = future.id();
  constexpr std::chrono::milliseconds kLook{1};
  while (future.state() == FutureState::pending && !future.wait_for(kLook))
    if (Clock::now() >= end) throw unreachable("has not answered in time");
  try {
    if (future.ready() && !future.successful()) (void)future.get();
  } catch (const Rejected&) {
    throw;
  } catch (const Disconnected&) {
    throw;
  } catch (const Error&) {  // the task has ended already, and failed
  }
  return id;
}

forkmill::EventStream Broker::begin_events(const EventFilter& filter) {
  check_connected();
  auto events = client_.events(filter);
  if (!events.begin_within(timeout_)) throw unreachable("has not answered in time");
  return events;
}

void Broker::check_connected() {
  if (!client_.wait_connected(kReconnect)) throw unreachable("does not answer");
}

Failure Broker::unreachable(const std::string& what) const {
  return {503, "broker_unreachable", "the broker at " + client_.endpoint() + " " + what,
          "see whether it runs; the gateway connects again by itself"};
}

}  // namespace forkmill::web
