#include "tests/sim/users/lender.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>

namespace forkmill::sim {

using proto::Operation;
using proto::Payload;
using proto::Verb;

namespace {

// A value that names the loan aboard.
Payload value_with(const Payload& unique, std::uint64_t pipe, std::int64_t ticket) {
  return Payload::own(std::string{unique.view()} + " lent " + std::to_string(pipe) + " " + std::to_string(ticket));
}

}  // namespace

void Lender::lend(std::size_t pipe, std::int64_t end) {
  Operation op = caller_.make(pipe, Verb::lend);
  op.a = end;
  caller_.call(pipe, std::move(op));
}

void Lender::answered(const ObjectCall& call) {
  const bool placed = call.op.b != 0 && !call.op.values.empty();
  const bool claimed = call.op.b != 0 && !placed;
  Random& random = caller_.world().random;
  if (claimed) return caller_.hold([this, call] { this->call(call, Verb::close, call.answer.a, 0); });
  if (placed) {
    if (random.chance(0.5)) caller_.hold([this, call] { this->call(call, Verb::lend, 0, call.op.b); });
    return;
  }
  guess(call);
  const double roll = random.unit();
  if (roll < 0.2) return;
  if (roll < 0.35) return this->call(call, Verb::close, call.op.a, call.answer.a);
  roll < 0.7 && !workload_.known().empty() ? place(call) : send(call);
}

Payload Lender::some_task() const {
  Random& random = caller_.world().random;
  const auto& known = workload_.known();
  constexpr std::size_t kLatest = 4;  // which have probably not ended
  const TaskId task =
      random.chance(0.7) ? known[known.size() - 1 - random.below(std::min(kLatest, known.size()))] : random.pick(known);
  const auto* bytes = reinterpret_cast<const char*>(task.bytes().data());
  return Payload::copy({bytes, task.bytes().size()});
}

void Lender::place(const ObjectCall& lent) {
  const std::int64_t in_result = caller_.world().random.chance(0.3) ? 1 : 0;
  call(lent, Verb::lend, in_result, lent.answer.a, {some_task()});
}

void Lender::guess(const ObjectCall& lent) {
  const double roll = caller_.world().random.unit();
  const std::int64_t ticket = lent.answer.a - 1;
  if (ticket < 1 || roll > 0.3) return;
  if (roll < 0.15) return call(lent, Verb::lend, 0, ticket);
  if (!workload_.known().empty()) call(lent, Verb::lend, 0, ticket, {some_task()});
}

// Through the pipe itself, or through a queue that the client has open.
void Lender::send(const ObjectCall& lent) {
  std::size_t through = lent.shared;
  for (std::size_t i = 0; i < caller_.objects().count(); ++i) {
    const bool queue = caller_.objects().shared(i).role == Role::queue && caller_.objects()[i].number != 0;
    if (queue && caller_.world().random.chance(0.5)) through = i;
  }
  const bool itself = through == lent.shared;
  const bool one_way = (caller_.objects().shared(lent.shared).spec.flags & proto::kObjectOneWay) != 0;
  if (itself && (caller_.objects()[lent.shared].ends == 0 || one_way)) return;
  Operation op = caller_.make(through, itself ? Verb::send : Verb::put);
  if (itself) op.a = lent.op.a;
  op.values = {value_with(caller_.values().payload(), lent.op.object, lent.answer.a)};
  op.loans = {{lent.op.object, lent.answer.a, 0}};
  caller_.call(through, std::move(op));
}

void Lender::read(const ObjectCall& call) {
  for (const Payload& value : call.answer.values) {
    unsigned long long pipe = 0;
    long long ticket = 0;
    const std::string text{value.view()};
    const auto lent = text.find(" lent ");
    if (lent == std::string::npos || std::sscanf(text.c_str() + lent, " lent %llu %lld", &pipe, &ticket) != 2) continue;
    const double roll = caller_.world().random.unit();
    const bool places = roll > 0.9 && !workload_.known().empty();
    const bool guesses = roll > 0.85 && !places && ticket > 1;
    if (roll > 0.8 && !places && !guesses) continue;
    for (std::size_t i = 0; i < caller_.objects().count(); ++i) {
      if (caller_.objects().shared(i).role != Role::pipe) continue;
      const bool gives_back = roll >= 0.6 && !places && !guesses;
      Operation op = caller_.make(i, gives_back ? Verb::close : Verb::lend);
      op.object = pipe;
      op.b = guesses ? ticket - 1 : ticket;
      if (places) op.values = {some_task()};
      caller_.call(i, std::move(op), false);
      break;
    }
  }
}

void Lender::call(const ObjectCall& about, Verb verb, std::int64_t a, std::int64_t b, std::vector<Payload> values) {
  Operation op = caller_.make(about.shared, verb);
  op.object = about.op.object;
  op.a = a;
  op.b = b;
  op.values = std::move(values);
  caller_.call(about.shared, std::move(op), false);
}

}  // namespace forkmill::sim
