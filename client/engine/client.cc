#include <forkmill/client.h>
#include <forkmill/detail/moved_from.h>
#include <forkmill/errors.h>

#include <string>

#include "client/engine/engine.h"
#include "client/engine/local_clients.h"
#include "client/engine/options.h"
#include "client/futures/cancel_state.h"
#include "proto/limits.h"
#include "proto/per_thread.h"
#include "proto/session/shards.h"

namespace forkmill {

namespace {

using client::engine_of;

ClientOptions at(const std::string& endpoint) {
  ClientOptions options;
  options.endpoint = endpoint;
  return options;
}

proto::TaskFilter to_wire(const TaskFilter& filter) {
  proto::TaskFilter wire{filter.id,   filter.queue,   filter.name,  filter.state,
                         filter.text, filter.since,   filter.until, proto::TaskSeq{filter.before},
                         filter.most, filter.finished};
  wire.arguments = filter.arguments;
  return wire;
}

// Makes the protocol's form of a command.
struct ToWire {
  proto::AnyCommand operator()(const RetryDeadLetter& one) const {
    if (one.arguments.empty()) return proto::RetryDeadLetter{one.task, {}};
    // The broker would close the connection, and the command be sent again in each session.
    if (one.arguments.size() > proto::limits::kMaxPayload)
      throw Rejected{Errc::payload_too_large, std::to_string(one.arguments.size()) +
                                                  " bytes of arguments for a dead letter; the maximum is " +
                                                  std::to_string(proto::limits::kMaxPayload)};
    return proto::RetryEdited{one.task, {}, proto::Payload::copy(one.arguments), one.label};
  }
  proto::AnyCommand operator()(const DropDeadLetter& one) const { return proto::DropDeadLetter{one.task}; }
  proto::AnyCommand operator()(const WriteBackup& one) const { return proto::WriteBackup{one.path}; }
  proto::AnyCommand operator()(const SendSignal& one) const { return proto::SendSignal{one.task, one.signal}; }
  proto::AnyCommand operator()(const RemoveObject& one) const { return proto::RemoveObject{one.name}; }
  proto::AnyCommand operator()(const ReleaseObject& one) const { return proto::ReleaseObject{one.name}; }
  proto::AnyCommand operator()(const PauseQueue& one) const { return proto::PauseQueue{one.queue}; }
  proto::AnyCommand operator()(const ResumeQueue& one) const { return proto::ResumeQueue{one.queue}; }
  proto::AnyCommand operator()(const PauseName& one) const { return proto::PauseName{one.name}; }
  proto::AnyCommand operator()(const ResumeName& one) const { return proto::ResumeName{one.name}; }
  proto::AnyCommand operator()(const LimitQueue& one) const {
    return proto::LimitQueue{one.queue, one.reset, one.max_tasks, one.max_bytes, one.max_running, one.log_bytes};
  }
  proto::AnyCommand operator()(const ChangeTasks& one) const {
    return proto::ChangeTasks{one.id,
                              static_cast<proto::TaskAction>(one.action),
                              to_wire(one.filter),
                              one.dry_run,
                              one.running,
                              one.queue,
                              one.priority};
  }
  proto::AnyCommand operator()(const SteerWorkers& one) const {
    return proto::SteerWorkers{static_cast<proto::WorkerAction>(one.action), one.name, one.host, one.children};
  }
  proto::AnyCommand operator()(const MoveShard& one) const { return proto::MoveShard{one.shard, one.broker}; }
  proto::AnyCommand operator()(const DrainBroker& one) const { return proto::DrainBroker{one.broker, one.undo}; }
};

}  // namespace

namespace detail {

std::string& argument_buffer() {
  constexpr std::size_t kKeep = 1024 * 1024;
  struct Buffer {
    std::string bytes;
  };
  thread_local Buffer* at_end = nullptr;  // for the destructors of static objects, which may submit as well
  auto* buffer = proto::per_thread<Buffer>();
  if (buffer == nullptr) buffer = at_end == nullptr ? at_end = new Buffer : at_end;
  if (buffer->bytes.capacity() > kKeep) buffer->bytes = {};
  buffer->bytes.clear();
  return buffer->bytes;
}

}  // namespace detail

// ---- Submitter ------------------------------------------------------------------------------------------------------

Submitter::Submitter(detail::Ref<detail::Origin> engine, const SubmitOptions& options)
    : engine_{std::move(engine)}, how_{std::make_shared<const client::Prepared>(client::prepare(options))} {}

detail::Ref<detail::RemoteState> Submitter::send(std::string_view name, std::uint64_t signature,
                                                 std::string_view payload) const {
  if (!how_) detail::throw_moved_from("submitter");
  return engine_of(engine_).tasks().submit(*how_, name, signature, payload);
}

std::vector<detail::Ref<detail::RemoteState>> Submitter::send_all(std::string_view name, std::uint64_t signature,
                                                                  const std::vector<std::string>& payloads) const {
  if (!how_) detail::throw_moved_from("submitter");
  return engine_of(engine_).tasks().submit_all(*how_, name, signature, payloads);
}

Future<RawResult> Submitter::submit_raw(std::string_view name, std::string_view payload) const {
  return detail::task_future<RawResult>(send(name, 0, payload));
}

// ---- Client ---------------------------------------------------------------------------------------------------------

Client::Client(const std::string& endpoint) : Client{at(endpoint)} {}

Client::Client(ClientOptions options)
    : engine_{detail::make_ref<client::Engine>(client::completed(std::move(options)))},
      plain_{engine_, SubmitOptions{}} {
  client::LocalClients::instance().add(engine_, endpoint());
}

Client::~Client() {
  auto& engine = engine_of(engine_);
  if (engine.in_forked_child()) {
    // The engine's threads are the parent's, so it cannot be closed in order here, and must never be destroyed.
    engine.add_ref();
    return;
  }
  close();
  engine.executors().release_given();
}

void Client::close() noexcept {
  auto& engine = engine_of(engine_);
  if (!engine.in_forked_child()) client::LocalClients::instance().remove(engine_);
  engine.close();
  if (!engine.in_forked_child()) engine.executors().stop_own();
}

Submitter Client::with(const SubmitOptions& options) const { return {engine_, options}; }

detail::Ref<detail::RemoteState> Client::attach_state(const TaskId& id) {
  return engine_of(engine_).tasks().attach(id);
}

Future<CancelState> Client::cancel(const TaskId& id) {
  return detail::task_future<CancelState>(engine_of(engine_).tasks().cancel(id));
}

Future<CancelState> Client::cancel_unless_started(const TaskId& id) {
  return detail::task_future<CancelState>(engine_of(engine_).tasks().cancel(id, true));
}

Future<RawResult> Client::query(const Query& query) {
  proto::Query asked;
  asked.kind = static_cast<proto::QueryKind>(query.kind);
  asked.argument = query.argument;
  asked.filter = to_wire(query.filter);
  asked.attempt = query.attempt;
  asked.from = query.from;
  return detail::task_future<RawResult>(engine_of(engine_).tasks().query(std::move(asked)));
}

Future<RawResult> Client::command(const Command& command) {
  return detail::task_future<RawResult>(engine_of(engine_).tasks().command(std::visit(ToWire{}, command)));
}

bool Client::seals(std::string_view queue) const {
  const auto place = proto::QueuePlace::parse(queue);
  return engine_of(engine_).tasks().seals(place.ok() ? std::string_view{place->name} : queue);
}

bool Client::connected() const { return engine_of(engine_).reachability().reachable(); }

bool Client::wait_connected(std::chrono::milliseconds how_long) {
  auto& engine = engine_of(engine_);
  engine.wait(engine.reachability().signal(),
              detail::deadline_after(detail::saturated<std::chrono::nanoseconds>(how_long)));
  return connected();
}

std::string Client::obstacle() const { return engine_of(engine_).reachability().obstacle(); }

const std::string& Client::endpoint() const { return engine_of(engine_).options().endpoint; }

std::size_t Client::poll() {
  const auto manual = std::dynamic_pointer_cast<ManualExecutor>(engine_of(engine_).executor());
  return manual ? manual->run() : 0;
}

}  // namespace forkmill
