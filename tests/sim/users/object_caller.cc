#include "tests/sim/users/object_caller.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "client/session/operations.h"

namespace forkmill::sim {

using proto::Operation;
using proto::Verb;

void ObjectCaller::start() {
  life_ = history_.client_started();
  objects_.clear();
  values_.begin(life_);
}

void ObjectCaller::crash() {
  for (const Cookie cookie : std::exchange(outstanding_, {})) history_.unknown(cookie);
  holding_ = 0;
  life_ = 0;
}

Operation ObjectCaller::make(std::size_t shared, Verb verb) {
  Operation op;
  op.verb = verb;
  op.object = objects_[shared].number;
  op.who = world_.random.between(1, 2);
  op.wait = milliseconds{0};
  return op;
}

milliseconds ObjectCaller::draw_wait() {
  if (finishing || world_.random.chance(0.2)) return milliseconds{0};
  return std::chrono::duration_cast<milliseconds>(
      world_.random.between(Instant{0}, world_.options.objects.longest_wait));
}

void ObjectCaller::call(std::size_t shared, Operation op, bool may_give_up) {
  constexpr Verb kWaiting[] = {Verb::acquire, Verb::put,     Verb::get,  Verb::wait, Verb::join,
                               Verb::send,    Verb::receive, Verb::poll, Verb::watch};
  const bool waits = std::find(std::begin(kWaiting), std::end(kWaiting), op.verb) != std::end(kWaiting);
  if (waits) op.wait = draw_wait();
  const Cookie cookie = history_.invoke(life_, shared, op);
  outstanding_.push_back(cookie);
  world_.trace.note(world_.now(), name_,
                    "asks " + describe(objects_.shared(shared), history_.all()[cookie - 1]) + " within " +
                        std::to_string(op.wait.count()) + " ms");
  const bool harmless = client::harmless_twice(op.verb, objects_.shared(shared).spec.kind);
  session_.handle(client::OperateObject{std::move(op), harmless, cookie});
  session_.wake_soon();
  if (!may_give_up || finishing || !world_.random.chance(world_.options.objects.giving_up)) return;
  later([this, cookie] {
    if (std::find(outstanding_.begin(), outstanding_.end(), cookie) == outstanding_.end()) return;
    world_.trace.note(world_.now(), name_, "gives up #" + std::to_string(cookie));
    history_.given_up(cookie);
    session_.handle(client::GiveUp{cookie});
    session_.wake_soon();
  });
}

void ObjectCaller::hold(std::function<void()> then) {
  ++holding_;
  later([this, then = std::move(then)] {
    --holding_;
    then();
  });
}

// Not if this life of the client is over by then.
void ObjectCaller::later(std::function<void()> what) {
  world_.after(world_.random.between(Instant{0}, world_.options.objects.longest_hold),
               [this, life = life_, what = std::move(what)] {
                 if (life == life_) what();
               });
}

ObjectCall ObjectCaller::answered(Cookie cookie, const proto::OperationAnswer& answer) {
  std::erase(outstanding_, cookie);
  history_.answered(cookie, answer);
  ObjectCall call = history_.all()[cookie - 1];
  world_.trace.note(world_.now(), name_,
                    "has " + describe(objects_.shared(call.shared), call) + ": " + std::string{errc_name(answer.code)} +
                        " " + std::to_string(answer.a) + " " + std::to_string(answer.b) + " " +
                        std::to_string(answer.values.size()) + " values");
  objects_.learn(call);
  return call;
}

void ObjectCaller::holdings_lost() {
  if (life_ == 0) return;
  world_.trace.note(world_.now(), name_, "has lost what it held");
  history_.holdings_lost(life_);
}

}  // namespace forkmill::sim
