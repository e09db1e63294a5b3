#include "tests/sim/shards/lock_user.h"

#include <utility>

#include "client/session/operations.h"
#include "proto/wire/operands.h"
#include "tests/sim/rules/history.h"

namespace forkmill::sim {

using namespace std::chrono_literals;

namespace {

constexpr client::Cookie kLockCookies = client::Cookie{1} << 42;  // above those of tasks and cancels
constexpr Instant kLongestHold = 3s;
constexpr milliseconds kLongestWait = 5s;

}  // namespace

// ---- What all users know --------------------------------------------------------------------------------------------

void LockBook::acquired(std::size_t lock, std::int64_t token) {
  if (tokens_[lock].insert(token).second) return;
  throw Violation{"shards: lock-" + std::to_string(lock) + " was acquired twice under the token " +
                  std::to_string(token)};
}

void LockBook::released(std::int64_t token, std::int64_t latest) {
  if (latest <= token) return;
  throw Violation{"shards: a lock was released under the token " + std::to_string(token) +
                  ", when another client had it under " + std::to_string(latest)};
}

// ---- One user -------------------------------------------------------------------------------------------------------

void LockUser::act() {
  if (book_.count() == 0) return;
  const std::size_t lock = world_.random.below(book_.count());
  numbers_.contains(lock) ? acquire(lock) : open(lock);
}

void LockUser::open(std::size_t lock) {
  client::OperateObject request;
  proto::ObjectSpec spec;
  spec.name = request.place.name = "lock-" + std::to_string(lock);
  spec.durability = proto::Durability::durable;
  request.operation.spec = std::move(spec);
  call({lock}, std::move(request));
}

void LockUser::acquire(std::size_t lock) {
  client::OperateObject request;
  request.operation.verb = proto::Verb::acquire;
  request.operation.object = numbers_[lock];
  request.operation.wait = milliseconds{static_cast<std::int64_t>(world_.random.below(kLongestWait.count()))};
  call({lock, proto::Verb::acquire}, std::move(request));
}

void LockUser::release_later(std::size_t lock, std::int64_t token) {
  ++holds_;
  world_.after(world_.random.between(Instant{0}, kLongestHold), [this, lock, token, life = life_] {
    if (life != life_) return;
    --holds_;
    client::OperateObject request;
    request.operation.verb = proto::Verb::release;
    request.operation.object = numbers_[lock];
    set_operands(request.operation, proto::operands::release(token));
    call({lock, proto::Verb::release, token, book_.latest(lock)}, std::move(request));
  });
}

void LockUser::call(Call call, client::OperateObject request) {
  request.operation.who = 1;
  request.harmless = client::harmless_twice(call.verb, proto::ObjectKind::lock);
  request.cookie = kLockCookies + 2 * ++last_;
  calls_[request.cookie] = call;
  ask_(std::move(request));
}

void LockUser::answered(client::Cookie cookie, const proto::OperationAnswer& answer) {
  const auto found = calls_.find(cookie);
  if (found == calls_.end()) throw Violation{"shards: an operation was answered twice, or was never asked for"};
  const Call call = found->second;
  calls_.erase(found);
  const bool is_refused = answer.code == Errc::bad_request || answer.code == Errc::object_unknown;
  if (is_refused)
    throw Violation{"shards: a client does not find lock-" + std::to_string(call.lock) + ": " + answer.text};
  if (answer.code != Errc::ok) return;
  if (call.verb == proto::Verb::open) {
    numbers_[call.lock] = proto::object_number(answer);
    return acquire(call.lock);
  }
  if (call.verb == proto::Verb::release) return LockBook::released(call.token, call.latest);
  book_.acquired(call.lock, proto::token_acquired(answer));
  release_later(call.lock, proto::token_acquired(answer));
}

void LockUser::crash() {
  ++life_;
  calls_.clear();
  numbers_.clear();
  holds_ = 0;
}

}  // namespace forkmill::sim
