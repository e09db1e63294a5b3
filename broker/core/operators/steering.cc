#include "broker/core/operators/steering.h"

#include <forkmill/serialize.h>

#include <algorithm>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "broker/core/lifecycle/log_reports.h"
#include "broker/core/lifecycle/time_limits.h"
#include "broker/core/objects/base/record_packing.h"
#include "proto/mutants.h"
#include "proto/names.h"
#include "proto/text.h"

namespace forkmill::broker {

using proto::Failure;
using proto::Mutant;
using proto::mutant;
using proto::Result;
using proto::Status;
using proto::SteerWorkers;
using proto::WorkerAction;

namespace {

// Whose control it is, its name, paused, max_tasks, max_bytes, max_running, and log_bytes + 1 or 0. Later versions may
// append fields; earlier ones do not have the last.
using ControlBody = std::tuple<unsigned, std::string, bool, std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t>;

Failure not_a_name(const char* of, const std::string& name) {
  return {Errc::name_invalid, std::string{of} + " name '" + std::string{proto::first_bytes(name, 200)} + "'"};
}

ReplyBody pause_body(const char* of, const std::string& name, const Result<bool>& changed) {
  if (!changed.ok()) return changed.failure();
  return PackedMap{}.add(of, name).add("changed", changed.value());
}

Failure no_worker(const SteerWorkers& command) {
  if (!command.name.empty()) return {Errc::worker_unknown, "no worker " + command.name + " is connected"};
  if (!command.host.empty()) return {Errc::worker_unknown, "no worker of host " + command.host + " is connected"};
  return {Errc::worker_unknown, "no worker is connected"};
}

// Fails if one of the workers that obey cannot have that number of children.
Status check_scale(const SteerWorkers& command, const std::vector<Worker*>& workers) {
  if (command.action != WorkerAction::scale) return {};
  if (command.children == 0) return {Errc::bad_request, "a worker has at least one process"};
  for (const Worker* worker : workers) {
    if (!WorkerOrders::obeys(*worker) || command.children <= worker->info.max_children) continue;
    return {Errc::bad_request, "worker " + worker->session.name.str() + " can have at most " +
                                   std::to_string(worker->info.max_children) + " processes"};
  }
  return {};
}

}  // namespace

// ---- Queues and names -----------------------------------------------------------------------------------------------

ReplyBody Steering::carry_out(const proto::PauseQueue& command) {
  return pause_body("queue", command.queue, pause(ControlOf::queue, command.queue, true));
}
ReplyBody Steering::carry_out(const proto::ResumeQueue& command) {
  return pause_body("queue", command.queue, pause(ControlOf::queue, command.queue, false));
}
ReplyBody Steering::carry_out(const proto::PauseName& command) {
  return pause_body("name", command.name, pause(ControlOf::name, command.name, true));
}
ReplyBody Steering::carry_out(const proto::ResumeName& command) {
  return pause_body("name", command.name, pause(ControlOf::name, command.name, false));
}

Result<bool> Steering::pause(ControlOf what, const std::string& name, bool paused) {
  if (what != ControlOf::worker && !proto::is_name(name))
    return not_a_name(what == ControlOf::queue ? "queue" : "task", name);
  const auto& controls = controls_of(what);
  const auto known = controls.find(name);
  Named named{what, name, known == controls.end() ? Control{} : known->second};
  if (named.control.paused == paused) return false;
  named.control.paused = paused;
  if (auto status = set(std::move(named)); !status.ok()) return std::move(status).failure();
  return true;
}

ReplyBody Steering::carry_out(const proto::LimitQueue& command) {
  if (!proto::is_name(command.queue)) return not_a_name("queue", command.queue);
  const Control* before = state_.controls.of_queue(command.queue);
  Control control = before == nullptr ? Control{} : *before;
  if (command.log_bytes && *command.log_bytes > QueueOptions::kMaxLogBytes)
    return Failure{Errc::bad_request,
                   "the log of an attempt can have at most " + std::to_string(QueueOptions::kMaxLogBytes) + " bytes"};
  if (command.reset) control.max_tasks = control.max_bytes = control.max_running = 0;
  if (command.reset) control.log_bytes.reset();
  if (command.max_tasks > 0) control.max_tasks = command.max_tasks;
  if (command.max_bytes > 0) control.max_bytes = command.max_bytes;
  if (command.max_running > 0) control.max_running = command.max_running;
  if (command.log_bytes) control.log_bytes = command.log_bytes;
  if (auto status = set({ControlOf::queue, command.queue, control}); !status.ok()) return std::move(status).failure();
  tell_log_limit(state_, command.queue);
  const QueueOptions limits = state_.queues.limits_of(command.queue);
  return PackedMap{}
      .add("queue", command.queue)
      .add("max_tasks", limits.max_tasks)
      .add("max_bytes", limits.max_bytes)
      .add("max_running", limits.max_running)
      .add("log_bytes", limits.log_bytes);
}

Controls::ByName& Steering::controls_of(ControlOf what) {
  Controls& controls = state_.controls;
  return what == ControlOf::queue ? controls.queues : what == ControlOf::name ? controls.names : controls.workers;
}

Status Steering::set(Named named) {
  Controls::ByName& controls = controls_of(named.what);
  if (named.what == ControlOf::worker && controls.size() >= Controls::kMax) drop_absent_workers();
  const auto known = controls.find(named.name);
  if (named.control.is_empty()) {
    if (known != controls.end()) drop(named.what, known);
  } else {
    if (known == controls.end() && controls.size() >= Controls::kMax) {
      return {Errc::bad_request, "operators have paused or limited " + std::to_string(Controls::kMax) +
                                     " others: resume some of them first"};
    }
    if (state_.identity.durable) {
      if (!named.control.stored_as) named.control.stored_as = state_.tasks.next_number();
      state_.output.ops.emplace_back(PutRecord{named.control.stored_as, record_of(named)});
    }
    controls[named.name] = named.control;
    ++state_.controls.version;
  }
  if (named.what == ControlOf::queue) state_.queues.apply_control(named.name);
  return {};
}

void Steering::drop(ControlOf what, Controls::ByName::iterator control) {
  if (control->second.stored_as) state_.output.ops.emplace_back(EraseRecord{control->second.stored_as});
  controls_of(what).erase(control);
  ++state_.controls.version;
}

// ---- Workers --------------------------------------------------------------------------------------------------------

ReplyBody Steering::carry_out(const SteerWorkers& command) {
  const auto workers = workers_of(command);
  const bool was_paused =
      command.action == WorkerAction::resume && command.host.empty() && state_.controls.is_worker_paused(command.name);
  if (workers.empty() && !was_paused) return no_worker(command);
  if (auto status = check_scale(command, workers); !status.ok()) return std::move(status).failure();
  std::vector<PackedMap> rows;
  for (Worker* worker : workers) {
    auto answer = steer(*worker, command);
    if (!answer.ok()) return answer.failure();
    rows.push_back(PackedMap{}
                       .add("name", worker->session.name.str())
                       .add("host", worker->session.host)
                       .add("answer", answer.value()));
  }
  if (workers.empty()) (void)pause(ControlOf::worker, command.name, false);
  return PackedMap{}.add("workers", rows);
}

std::vector<Worker*> Steering::workers_of(const SteerWorkers& command) const {
  std::vector<Worker*> workers;
  for (const auto& [handle, worker] : state_.workers) {
    if (command.name.empty() ? worker->child_of != 0 : worker->session.name.str() != command.name) continue;
    if (!command.host.empty() && worker->session.host != command.host) continue;
    workers.push_back(worker.get());
  }
  std::sort(workers.begin(), workers.end(), [](const Worker* a, const Worker* b) { return a->handle < b->handle; });
  return workers;
}

Result<std::string_view> Steering::steer(Worker& worker, const SteerWorkers& command) {
  constexpr std::string_view kDone = "done";
  constexpr std::string_view kOrdered = "ordered";
  constexpr std::string_view kUnsupported = "unsupported";
  if (command.action == WorkerAction::pause || command.action == WorkerAction::resume) {
    const auto changed = pause(ControlOf::worker, worker.session.name, command.action == WorkerAction::pause);
    if (!changed.ok()) return changed.failure();
    return kDone;
  }
  if (!WorkerOrders::obeys(worker)) return kUnsupported;
  if (command.action == WorkerAction::restart) {
    if (!WorkerOrders::can_restart(worker)) return kUnsupported;
    orders_.drain(worker, true);
    return kOrdered;
  }
  if (command.action == WorkerAction::drain) {
    if (worker.draining && !TimeLimits::is_barred(worker)) return kDone;
    orders_.drain(worker);
    return kOrdered;
  }
  if (worker.info.children == command.children && worker.orders.children == 0) return kDone;
  orders_.scale(worker, command.children);
  return kOrdered;
}

void Steering::drop_absent_workers() {
  const auto is_connected = [this](const std::string& name) {
    return std::any_of(state_.workers.begin(), state_.workers.end(),
                       [&](const auto& one) { return one.second->session.name.str() == name; });
  };
  auto& controls = controls_of(ControlOf::worker);
  for (auto control = controls.begin(); control != controls.end();) {
    const auto next = std::next(control);
    if (!is_connected(control->first)) drop(ControlOf::worker, control);
    control = next;
  }
}

// ---- Records --------------------------------------------------------------------------------------------------------

std::string Steering::record_of(const Named& named) {
  return pack_record(RecordType::control, [&](DurableState::Packer& packer) {
    const Control& control = named.control;
    packer.pack(ControlBody{static_cast<unsigned>(named.what), named.name, control.paused, control.max_tasks,
                            control.max_bytes, control.max_running, control.log_bytes ? *control.log_bytes + 1 : 0});
  });
}

Steering::Named Steering::control_in(std::string_view record) {
  const auto handle = forkmill::detail::unpack_bounded(record);
  const auto [kind, body] = handle.get().as<std::tuple<unsigned, msgpack::object>>();
  auto [what, name, paused, max_tasks, max_bytes, max_running, log_bytes] = body.as<ControlBody>();
  const bool is_known =
      what >= static_cast<unsigned>(ControlOf::queue) && what <= static_cast<unsigned>(ControlOf::worker);
  const bool is_valid = what == static_cast<unsigned>(ControlOf::worker) || proto::is_name(name);
  if (!is_known || !is_valid) throw std::runtime_error{"a control of an unknown kind"};
  Control control{paused, max_tasks, max_bytes, max_running};
  if (log_bytes > 0) control.log_bytes = log_bytes - 1;
  if (what != static_cast<unsigned>(ControlOf::queue) && control.has_limits())
    throw std::runtime_error{"limits of something that is not a queue"};
  return {static_cast<ControlOf>(what), std::move(name), control};
}

bool Steering::is_record(std::string_view record) { return kind_of_record(record) == RecordType::control; }

void Steering::recover(proto::TaskSeq seq, std::string_view record) {
  if (mutant(Mutant::steering_lost_at_restart)) return;
  try {
    Named named = control_in(record);
    named.control.stored_as = seq;
    controls_of(named.what).insert_or_assign(named.name, named.control);
    ++state_.controls.version;
    if (named.what == ControlOf::queue) state_.queues.apply_control(named.name);
  } catch (const std::exception& error) {  // DecodeError, msgpack::type_error
    throw std::runtime_error{"record " + std::to_string(seq.value()) +
                             " of a pause or limit makes no sense: a newer forkmill wrote it, or it is damaged (" +
                             error.what() + ")"};
  }
}

}  // namespace forkmill::broker
