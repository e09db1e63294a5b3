#include "broker/core/operators/bulk/change_commands.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "broker/core/objects/base/record_packing.h"
#include "broker/core/operators/listing/listing.h"
#include "broker/core/state/audit_line.h"
#include "broker/core/state/rights_checks.h"
#include "proto/check.h"
#include "proto/limits.h"
#include "proto/mutants.h"
#include "proto/names.h"

namespace forkmill::broker {

using proto::Failure;
using proto::Mutant;
using proto::mutant;
using proto::Status;
using proto::TaskAction;

namespace {

constexpr std::size_t kMaxRunning = 16;
constexpr std::ptrdiff_t kMaxRunningOfOne = kMaxRunning / 2;  // by one principal with a name
constexpr std::size_t kPiece = 500;                           // tasks that are in memory only

Status bad(std::string text) { return {Errc::bad_request, std::move(text)}; }

// Returns the order without what does not count in it.
proto::ChangeTasks meant(proto::ChangeTasks order) {
  order.filter.before = {};
  order.filter.most = 0;
  return order;
}

PackedMap reply_body(const BulkChange& change) { return body_of(change).add("tasks", change.rows); }

// Whether the action is for tasks in the state that the filter names.
Status check_state(const proto::ChangeTasks& order) {
  if (order.filter.finished) return bad("tasks of the history cannot be changed: their arguments are no longer kept");
  if (auto status = check_filter(order.filter); !status.ok()) return status;
  const std::string& state = order.filter.state;
  const bool is_unfinished = state == "scheduled" || state == "ready" || state == "running";
  const bool is_dead = state == "failed";
  switch (order.action) {
    case TaskAction::retry:
    case TaskAction::drop:
      if (state.empty() || is_dead) return {};
      return bad("only tasks that failed can be retried or dropped, not those that are " + state);
    case TaskAction::cancel:
      if (state.empty() || is_unfinished) return {};
      return bad("only tasks that are scheduled, ready or running can be cancelled, not those that are " + state);
    case TaskAction::move:
    case TaskAction::reprioritise:
      break;
  }
  if (state.empty() || is_unfinished || is_dead) return {};
  return bad("only tasks that wait, or have failed, can be moved, not those that are " + state);
}

Status check_order(BrokerState& state, const Client& client, const proto::ChangeTasks& order) {
  using namespace proto::limits;
  if (order.id.is_nil()) return bad("a change of tasks needs an id");
  if (auto status = check_state(order); !status.ok()) return status;
  if (order.action == TaskAction::reprioritise) {
    if (order.priority < kMinPriority || order.priority > kMaxPriority)
      return {Errc::option_out_of_range, "priority is " + std::to_string(order.priority) + ": must be -100 to 100"};
    return may_give_priority(state, client, order.priority);
  }
  const bool names_queue = order.action == TaskAction::move || !order.queue.empty();
  if (!names_queue) return {};
  if (!proto::is_name(order.queue)) return {Errc::name_invalid, "queue name '" + order.queue + "'"};
  return may_submit_into(state, client, order.queue);
}

// Writes the record of the change.
void store(BrokerState& state, BulkChange& change) {
  if (!state.identity.durable || change.order.dry_run) return;
  if (!change.stored_as) change.stored_as = state.tasks.next_number();
  state.output.ops.emplace_back(PutRecord{change.stored_as, pack_change(change)});
}

// Notes in the audit log what has become of the tasks. The client that gave the order may be gone.
void note_end(BrokerState& state, const BulkChange& change) {
  if (!state.options.audit) return;
  AuditLine line{state.clock.unix_time(), "change_ended"};
  line.add("principal", change.principal)
      .add("command", "tasks_" + std::string{action_name(change.order.action)})
      .add("change", change.order.id.to_string())
      .add("matched", change.matched)
      .add("changed", change.counts.changed)
      .add("requested", change.counts.requested)
      .add("skipped", change.counts.all() - change.counts.changed - change.counts.requested);
  if (change.order.dry_run) line.add("dry_run", true);
  state.output.audit.push_back(line.text());
}

// Replies to the clients that have sent the command, and have no reply.
void answer(BrokerState& state, const BulkChange& change) {
  for (const auto& [handle, client] : state.clients) {
    for (Client::RememberedCommand& remembered : client->commands) {
      const auto* order = std::get_if<proto::ChangeTasks>(&remembered.command.command);
      if (remembered.reply || order == nullptr || order->id != change.order.id) continue;
      remembered.reply = reply_to(remembered.command.id, reply_body(change));
      state.output.send(client->session, *remembered.reply, state.output.safe_after());
    }
  }
}

}  // namespace

// ---- Orders ---------------------------------------------------------------------------------------------------------

const BulkChange* ChangeCommands::find(const TaskId& id) const {
  for (const Running& one : running_)
    if (one.change.order.id == id) return &one.change;
  return mutant(Mutant::change_repeated) ? nullptr : done_.find(id);
}

std::optional<ReplyBody> ChangeCommands::begin(const Client& client, const proto::ChangeTasks& order) {
  if (const BulkChange* known = find(order.id)) {
    if (known->principal != client.session.principal || known->order != meant(order))
      return Failure{Errc::bad_request, "another change has the id " + order.id.to_string()};
    if (known->is_done()) return reply_body(*known);
    return std::nullopt;
  }
  if (auto status = check_order(state_, client, order); !status.ok()) return std::move(status).failure();
  if (running_.size() >= kMaxRunning)
    return Failure{Errc::too_many_waiting, "16 changes of tasks are under way: wait until one of them is done"};
  const auto is_own = [&](const Running& one) { return one.change.principal == client.session.principal; };
  if (!client.session.principal.empty() && std::ranges::count_if(running_, is_own) >= kMaxRunningOfOne)
    return Failure{Errc::too_many_waiting, "8 changes of tasks of " + client.session.principal +
                                               " are under way: wait until one of them is done"};
  BulkChange change;
  change.order = meant(order);
  change.client = client.handle;
  change.principal = client.session.principal;
  if (client.session.rights != nullptr) change.rights = *client.session.rights;
  change.begun_at = state_.clock.stamp();
  change.last = state_.tasks.last_number();
  store(state_, change);
  BulkSelection selection{change, state_.identity.durable};
  running_.push_back({std::move(change), std::move(selection)});
  return std::nullopt;
}

ReplyBody ChangeCommands::list(const Client& client, std::string_view id) const {
  std::vector<PackedMap> rows;
  const auto add = [&](const BulkChange& change) {
    const bool is_seen = sees_all(client) || change.principal == client.session.principal;
    if (is_seen && (id.empty() || change.order.id.to_string() == id)) rows.push_back(body_of(change));
  };
  for (const Running& one : running_) add(one.change);
  std::for_each(done_.all().rbegin(), done_.all().rend(), add);
  return PackedMap{}.add("changes", rows);
}

// ---- Pieces ---------------------------------------------------------------------------------------------------------

// Tasks that workers may still hold since before a restart are left alone until that is settled.
bool ChangeCommands::is_ready() const {
  return !running_.empty() && !ticket_ && state_.output.safe >= safe_after_ &&
         state_.clock.now() >= state_.grace_until && !paging_.has_suspects();
}

Instant ChangeCommands::next_wakeup() const { return is_ready() ? state_.clock.now() : proto::kNever; }

void ChangeCommands::step() {
  if (!is_ready()) return;
  Running& running = running_.front();
  if (!running.selection.is_complete()) return select(running);
  if (running.change.order.dry_run) return finish();
  change_some(running);
}

void ChangeCommands::select(Running& running) {
  if (!running.selection.is_scanned()) {
    ticket_ = state_.output.ask(running.selection.next_scan());
    return;
  }
  running.selection.walk(state_, running.change);
  running_.splice(running_.end(), running_, running_.begin());
}

void ChangeCommands::change_some(Running& running) {
  BulkSelection& selection = running.selection;
  if (auto seqs = selection.pop_stored(); !seqs.empty()) {
    ticket_ = paging_.visit(std::move(seqs));
    return;
  }
  if (!selection.has_unstored()) return finish();
  for (std::size_t i = 0; i < kPiece && selection.has_unstored(); ++i)
    changer_.change(running.change, selection.pop_unstored());
  end_piece(running);
}

void ChangeCommands::handle(StoreAnswer answer) {
  FORKMILL_CHECK(awaits(answer.ticket) && !running_.empty());
  ticket_.reset();
  Running& running = running_.front();
  if (auto* fetched = std::get_if<FetchAnswer>(&answer.what)) {
    return change_visited(running, paging_.handle_visit(answer.ticket, std::move(*fetched)));
  }
  running.selection.add(state_, running.change, std::get<ScanAnswer>(answer.what));
  running_.splice(running_.end(), running_, running_.begin());
}

void ChangeCommands::change_visited(Running& running, Paging::Visit visit) {
  BulkChange& change = running.change;
  if (!visit.visited.empty()) change.done = visit.visited.back();
  if (const std::size_t gone = visit.visited.size() - visit.tasks.size(); gone > 0)
    change.counts.skipped["gone"] += gone;
  if (mutant(Mutant::purge_misses_slice) && change.order.action == TaskAction::cancel && change.done.value() % 2 == 0)
    visit.tasks.clear();
  for (const TaskRef& task : visit.tasks) changer_.change(change, task);
  paging_.release(visit.visitors);
  running.selection.put_back(visit.left);
  end_piece(running);
}

void ChangeCommands::end_piece(Running& running) {
  store(state_, running.change);
  safe_after_ = state_.output.safe_after();
  running_.splice(running_.end(), running_, running_.begin());
}

void ChangeCommands::finish() {
  BulkChange change = std::move(running_.front().change);
  running_.pop_front();
  change.finished_at = std::max(state_.clock.stamp(), milliseconds{1});
  store(state_, change);
  answer(state_, change);
  note_end(state_, change);
  if (change.order.dry_run) return;
  done_.add(std::move(change), state_.output);
}

// ---- Records --------------------------------------------------------------------------------------------------------

bool ChangeCommands::is_record(std::string_view record) { return kind_of_record(record) == RecordType::bulk_change; }

void ChangeCommands::recover(proto::TaskSeq seq, std::string_view record) {
  try {
    BulkChange change = unpack_change(record);
    change.stored_as = seq;
    if (change.is_done()) return done_.recover(std::move(change));
    BulkSelection selection{change, state_.identity.durable};
    running_.push_back({std::move(change), std::move(selection)});
  } catch (const std::exception& error) {  // DecodeError, msgpack::type_error
    throw std::runtime_error{"record " + std::to_string(seq.value()) +
                             " of a change of tasks makes no sense: a newer forkmill wrote it, or it is damaged (" +
                             error.what() + ")"};
  }
}

}  // namespace forkmill::broker
