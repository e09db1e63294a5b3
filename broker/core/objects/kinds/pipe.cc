#include "broker/core/objects/kinds/pipe.h"

#include <algorithm>

#include "proto/limits.h"
#include "proto/mutants.h"
#include "proto/wire/operands.h"

namespace forkmill::broker {

using proto::Payload;
using proto::Verb;

namespace {

// A sender waits while this many bytes are unread at the other end. A single message may be larger.
constexpr std::size_t kHighWater = std::size_t{1} << 20;
// Each end has a line of senders and a line of readers: full room in one direction must not hold up the other one.
enum : std::size_t { kSenders, kReaders = 2 };

}  // namespace

void Pipe::opened(Call& call) {
  for (std::size_t end = 0; end < 2; ++end)
    if (opens_end(call.op, end)) hold(end, call.client);
}

void Pipe::hold(std::size_t end, ClientHandle client) {
  ++ends_[end].holders[client];
  ends_[end].used = true;
  dirty = true;
  host.note_holding(client, id());
}

std::size_t Pipe::line(const Call& call) const {
  const std::size_t end = end_of_pipe(call.op) == 0 ? 0 : 1;
  if (call.op.verb == Verb::send && proto::mutant(proto::Mutant::one_line_of_senders)) return kSenders;
  return (call.op.verb == Verb::send ? kSenders : kReaders) + end;
}

std::optional<Answer> Pipe::attempt(Call& call) {
  if (call.op.verb == Verb::lend && ticket_to_claim(call.op) != 0)
    return call.op.values.empty() ? claim(call) : place(call);
  if (end_of_pipe(call.op) < 0 || end_of_pipe(call.op) > 1)
    return failed(Errc::index_unknown, "a pipe has ends 0 and 1");
  const auto end = static_cast<std::size_t>(end_of_pipe(call.op));
  switch (call.op.verb) {
    case Verb::send:
      return send(call, end);
    case Verb::receive:
      return receive(call, end);
    case Verb::poll:
      if (one_way() && end == 1) return failed(Errc::wrong_direction);
      return !ends_[end].inbox.empty() || is_closed(1 - end) ? std::optional{done(1)} : std::nullopt;
    case Verb::close:
      return close(call, end);
    case Verb::lend:
      return lend(call, end);
    case Verb::look:
      return done(std::ssize(ends_[end].inbox), static_cast<std::int64_t>(ends_[end].bytes));
    default:
      return wrong_verb();
  }
}

std::optional<Answer> Pipe::send(Call& call, std::size_t end) {
  if (one_way() && end == 0) return failed(Errc::wrong_direction);
  if (is_closed(1 - end)) return failed(Errc::end_of_stream, {}, call.count);
  End& other = ends_[1 - end];
  const std::int64_t many = std::ssize(call.op.values);
  for (; call.count < many; ++call.count) {
    Payload& value = call.op.values[static_cast<std::size_t>(call.count)];
    if (!has_room(end, value.size())) return std::nullopt;
    other.bytes += value.size();
    other.inbox.push_back(std::move(value));
    dirty = true;
    host.note_changed(*this);
  }
  return done(many);
}

bool Pipe::has_room(std::size_t end, std::size_t bytes) const {
  const End& other = ends_[1 - end];
  if (spec().size > 0 && std::ssize(other.inbox) >= spec().size) return false;
  return other.inbox.empty() || other.bytes + bytes <= kHighWater;
}

std::optional<Answer> Pipe::receive(const Call& call, std::size_t end) {
  if (one_way() && end == 1) return failed(Errc::wrong_direction);
  End& mine = ends_[end];
  if (mine.inbox.empty()) {
    return is_closed(1 - end) ? std::optional{failed(Errc::end_of_stream)} : std::nullopt;
  }
  const auto many =
      static_cast<std::size_t>(std::clamp<std::int64_t>(max_messages(call.op), 1, proto::limits::kBatchTasks));
  std::vector<Payload> values;
  std::size_t bytes = 0;
  while (!mine.inbox.empty() && values.size() < many) {
    const std::size_t size = mine.inbox.front().size();
    if (!values.empty() && bytes + size > proto::limits::kBatchBytes) break;
    bytes += size;
    values.push_back(std::move(mine.inbox.front()));
    mine.inbox.pop_front();
  }
  mine.bytes -= bytes;
  dirty = true;
  return done(0, std::ssize(mine.inbox), std::move(values));
}

Answer Pipe::close(const Call& call, std::size_t end) {
  if (ticket_to_take_back(call.op) != 0) {
    loans_.take_back(ticket_to_take_back(call.op), call.client);
    return done();
  }
  const auto mine = ends_[end].holders.find(call.client);
  if (mine == ends_[end].holders.end()) return failed(Errc::object_closed);
  if (--mine->second == 0) ends_[end].holders.erase(mine);
  dirty = true;
  return done();
}

Answer Pipe::lend(const Call& call, std::size_t end) {
  if (!ends_[end].holders.contains(call.client)) return failed(Errc::object_closed);
  const auto ticket = loans_.lend(end, call.client);
  return ticket ? done(*ticket, 1) : failed(Errc::object_full, "too many ends of this pipe are lent");
}

Answer Pipe::claim(const Call& call) {
  const auto end = loans_.claim(ticket_to_claim(call.op), call.client);
  if (!end) return failed(Errc::object_closed, "this end of the pipe was claimed before, or its sender is gone");
  hold(*end, call.client);
  return done(static_cast<std::int64_t>(*end));
}

Answer Pipe::place(const Call& call) {
  const auto task = task_to_carry(call.op);
  if (!task) return bad_request("the id of a task is needed");
  loans_.place_in_task(ticket_to_claim(call.op), *task, goes_in_result(call.op), call.client);
  return done();
}

std::optional<Answer> Pipe::expire(Call& call) {
  switch (call.op.verb) {
    case Verb::send:
      return failed(Errc::object_full, {}, call.count);
    case Verb::poll:
      return done(0);
    default:
      return failed(Errc::timeout);
  }
}

void Pipe::client_gone(ClientHandle client) {
  for (End& end : ends_) dirty = end.holders.erase(client) > 0 || dirty;
  dirty = loans_.client_gone(client) || dirty;
}

// Messages that a closed end has not read go, and with them the ends of pipes in them.
void Pipe::after_change() {
  for (std::size_t end = 0; end < 2; ++end) {
    if (ends_[end].inbox.empty() || !is_closed(end)) continue;
    ends_[end].inbox.clear();
    ends_[end].bytes = 0;
  }
}

std::vector<Object::Hold> Pipe::holders() const {
  std::vector<Hold> rows;
  for (std::size_t end = 0; end < 2; ++end)
    for (const auto& [client, count] : ends_[end].holders) rows.push_back({client, end, count, 0});
  return rows;
}

}  // namespace forkmill::broker
