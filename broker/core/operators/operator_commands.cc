#include "broker/core/operators/operator_commands.h"

#include <algorithm>
#include <utility>

#include "broker/core/operators/answers/division.h"
#include "broker/core/operators/command_notes.h"
#include "broker/core/operators/named_task.h"
#include "broker/core/operators/object_queries.h"
#include "proto/check.h"

namespace forkmill::broker {

namespace {

// Commands of one client that are remembered. A client with more unanswered ones at a time may have some done twice.
constexpr std::size_t kMaxRemembered = 256;
constexpr int kLastSignal = 64;

using Remembered = Client::RememberedCommand;

// Returns the part that tells a command from others. The id of the new task tells retries with other arguments, which
// may be large.
proto::Command memorable(const proto::Command& command) {
  proto::Command one = command;
  if (auto* retry = std::get_if<proto::RetryEdited>(&one.command)) retry->arguments = {};
  return one;
}

// `command`: the memorable part.
Remembered* find_command(Client& client, const proto::Command& command) {
  const auto found = std::ranges::find(client.commands, command, &Remembered::command);
  return found == client.commands.end() ? nullptr : &*found;
}

bool is_unknown(const ReplyBody& body) { return !body.ok() && body.failure().code == Errc::task_unknown; }

// A broker writes a file of a client's choice as its own user. Programs of that user, and of root, could do so
// themselves; peers with keys could not.
proto::Status check_backup(const CoreOptions& options, const Client& client, const std::string& path) {
  if (!path.starts_with("/")) return {Errc::bad_request, "a backup needs an absolute path on the broker's machine"};
  const std::string& folder = options.backup_folder;
  if (folder.empty()) {
    const std::string& principal = client.session.principal;
    if (principal.empty() || principal == "uid:0") return {};
    return {Errc::not_permitted,
            "clients with keys make backups only in the folder that the broker was given: start it "
            "with --backup-folder DIR"};
  }
  const auto name = path.substr(std::min(path.rfind('/') + 1, path.size()));
  const bool is_in_folder = path == folder + "/" + name && !name.empty() && name != "." && name != "..";
  if (is_in_folder) return {};
  return {Errc::not_permitted, "this broker makes backups in " + folder + " only (--backup-folder): name a file there"};
}

ReplyBody backup_body(const proto::Command& command, const BackupAnswer& answer) {
  if (!answer.bytes.ok()) return answer.bytes.failure();
  const auto& path = std::get<proto::WriteBackup>(command.command).path;
  return PackedMap{}.add("path", path).add("bytes", answer.bytes.value());
}

void remember(Client& client, const proto::Command& command) {
  client.commands.push_back({client.session.id, command, std::nullopt});
  if (client.commands.size() > kMaxRemembered) client.commands.pop_front();
}

}  // namespace

// Carries out one command. Returns none if the store must do it.
struct OperatorCommands::Order {
  OperatorCommands& commands;
  Client& client;
  const proto::Command& command;
  Task* task;
  using Body = std::optional<ReplyBody>;

  Body operator()(const proto::RetryDeadLetter& retry) const {
    return commands.dead_letters_.retry(client, retry, task);
  }
  Body operator()(const proto::RetryEdited& retry) const { return commands.dead_letters_.retry(client, retry, task); }
  Body operator()(const proto::DropDeadLetter& drop) const { return commands.dead_letters_.drop(client, drop, task); }
  Body operator()(const proto::WriteBackup& backup) const {
    if (const auto status = check_backup(commands.state_.options, client, backup.path); !status.ok())
      return status.failure();
    if (!commands.state_.identity.durable) {
      return proto::Failure{Errc::bad_request, "this broker keeps tasks in memory only: there is nothing to back up"};
    }
    commands.begin(BackupRequest{backup.path}, client, command);
    return std::nullopt;
  }
  Body operator()(const proto::MoveShard& move) const { return change_division(move); }
  Body operator()(const proto::DrainBroker& drain) const { return change_division(drain); }
  template <class Change>
  Body change_division(const Change& change) const {
    if (!commands.state_.identity.durable) return no_shards();
    commands.begin(ClusterRequest{change}, client, command);
    return std::nullopt;
  }
  Body operator()(const proto::SendSignal& order) const {
    if (order.signal < 1 || order.signal > kLastSignal)
      return proto::Failure{Errc::bad_request, "a signal has a number from 1 to 64"};
    if (task == nullptr) return task_unknown(client, order.task);
    if (!task->options().process) return no_process(client, *task);
    const char* state = "finished";
    if (task->state == State::running) {
      state = "sent";
      commands.processes_.signal(*task, order.signal);
    } else if (!is_terminal(task->state)) {
      state = "cancelled";
      commands.cancels_.end_waiting(*task);
    }
    return PackedMap{}.add("state", std::string_view{state});
  }
  Body operator()(const proto::RemoveObject& remove) const { return remove_object(commands.objects_, remove.name); }
  Body operator()(const proto::ReleaseObject& release) const { return release_object(commands.objects_, release.name); }
  Body operator()(const proto::ChangeTasks& change) const { return commands.changes_.begin(client, change); }
  template <class Steered>
  Body operator()(const Steered& steered) const {
    return commands.steering_.carry_out(steered);
  }
  Body operator()(const proto::UnknownCommand& unknown) const {
    return proto::Failure{Errc::bad_request, "this broker does not know command " + std::to_string(unknown.number) +
                                                 ": it is older than the client"};
  }
};

std::optional<proto::Reply> OperatorCommands::reply(Client& client, const proto::Command& command, Task* task) {
  const proto::Command known = memorable(command);
  if (const auto* before = find_command(client, known); before != nullptr && before->session != client.session.id)
    return before->reply;
  remember(client, known);
  const TaskOfAnother of = whose_task(client, task);
  auto body = std::visit(Order{*this, client, command, task}, command.command);
  if (const auto named = named_task(command); task == nullptr && named && body && is_unknown(*body)) {
    const auto refusal =
        history_.refuse_change(client, *named,
                               [this, handle = client.handle, peer = AuditedPeer{client.session},
                                known](const proto::Failure& why) { finish(handle, peer, known, why); });
    body = refusal ? std::optional<ReplyBody>{*refusal} : std::nullopt;
  }
  if (!body) {
    note_command(state_, AuditedPeer{client.session}, command, "begun", {});
    return std::nullopt;
  }
  auto reply = reply_to(command.id, *body);
  note_command(state_, AuditedPeer{client.session}, command, errc_name(reply.code), reply.text, of);
  return client.commands.back().reply = std::move(reply);
}

void OperatorCommands::begin(decltype(StoreRequest::what) request, const Client& client,
                             const proto::Command& command) {
  begun_.emplace(state_.output.ask(std::move(request)), Begun{client.handle, AuditedPeer{client.session}, command});
}

void OperatorCommands::handle(StoreAnswer answer) {
  auto found = begun_.extract(answer.ticket);
  FORKMILL_CHECK(!found.empty());
  const Begun& begun = found.mapped();
  const auto* division = std::get_if<ClusterAnswer>(&answer.what);
  finish(
      begun.client, begun.peer, begun.command,
      division != nullptr ? division_body(*division) : backup_body(begun.command, std::get<BackupAnswer>(answer.what)));
}

void OperatorCommands::finish(ClientHandle handle, const AuditedPeer& peer, const proto::Command& command,
                              const ReplyBody& body) {
  auto reply = reply_to(command.id, body);
  note_command(state_, peer, command, errc_name(reply.code), reply.text);
  Client* client = state_.client(handle);
  if (client == nullptr) return;  // gone before the answer came
  if (auto* remembered = find_command(*client, command)) remembered->reply = reply;
  state_.output.send(client->session, std::move(reply));
}

}  // namespace forkmill::broker
