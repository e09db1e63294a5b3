#include "client/engine/loans.h"

#include <forkmill/errors.h>
#include <forkmill/registered.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <mutex>
#include <utility>

#include "client/engine/engine.h"
#include "client/futures/log.h"
#include "client/shards/object_numbers.h"
#include "proto/os/real_env.h"
#include "proto/wire/operands.h"

namespace forkmill::client {

namespace {

// Never destroyed: clients that end with the program still use it.
struct Unsent {
  std::mutex mutex;
  Loans loans;
  std::atomic<std::size_t> count{0};
};
Unsent& unsent() {
  static auto* one = new Unsent;
  return *one;
}

template <class Predicate>
Loans remove_unsent_if(Predicate matches) {
  auto& all = unsent();
  if (all.count == 0) return {};
  const std::lock_guard hold{all.mutex};
  const auto first = std::stable_partition(all.loans.begin(), all.loans.end(), std::not_fn(matches));
  Loans removed{std::make_move_iterator(first), std::make_move_iterator(all.loans.end())};
  all.loans.erase(first, all.loans.end());
  all.count = all.loans.size();
  return removed;
}

proto::Operation operation_on(const Loan& loan, proto::Verb verb, proto::Operands operands) {
  proto::Operation operation;
  operation.verb = verb;
  operation.object = loan.pipe;
  set_operands(operation, operands);
  return operation;
}

// Takes loans back when their task has ended. The broker has no loan any more of a task that it knew.
class TakeBack final : public detail::Continuation {
 public:
  explicit TakeBack(Loans loans) : Continuation{true}, loans_{std::move(loans)} {}
  void run() noexcept override { take_back(loans_); }
  void abandon() noexcept override { run(); }

 private:
  const Loans loans_;
};

// An end in a result belongs to the task, which only the broker of its own shard knows.
void check_shard_of_result(const Loans& loans) {
  for (const Loan& loan : loans) {
    const std::uint32_t shard = stated_shard_of(loan.pipe);
    if (shard == 0 || shard == detail::task_shard()) continue;
    const std::string its = std::to_string(detail::task_shard());
    throw Error{Errc::bad_request, "a task on shard " + its + " cannot return the end of a pipe on shard " +
                                       std::to_string(shard) +
                                       ". Let its handler make the pipe without a name, which puts it on the shard of "
                                       "the task, or call the pipe NAME@" +
                                       its};
  }
}

void place_in_result(const TaskId& task, std::string_view result) {
  const auto loans = remove_unsent_in(result);
  try {
    check_shard_of_result(loans);
    place_in_task(loans, task, true);
  } catch (...) {
    take_back(loans);
    throw;
  }
}

}  // namespace

void add_unsent(Loan loan) {
  detail::at_result(place_in_result);
  auto& all = unsent();
  const std::lock_guard hold{all.mutex};
  all.loans.push_back(std::move(loan));
  all.count = all.loans.size();
}

Loans remove_unsent_in(std::string_view bytes) {
  return remove_unsent_if([&](const Loan& loan) { return bytes.find(loan.packed) != std::string_view::npos; });
}

bool holds_unsent(std::string_view bytes) {
  auto& all = unsent();
  if (all.count == 0) return false;
  const std::lock_guard hold{all.mutex};
  return std::ranges::any_of(all.loans, [&](const Loan& loan) { return bytes.find(loan.packed) != bytes.npos; });
}

Loans remove_unsent_of(const void* handle) {
  return remove_unsent_if([&](const Loan& loan) { return loan.handle == handle; });
}

void forget_unsent_of(const detail::Origin& engine) {
  remove_unsent_if([&](const Loan& loan) { return loan.engine.get() == &engine; });
}

void take_back(const Loans& loans) noexcept {
  for (const Loan& loan : loans) {
    auto& engine = engine_of(loan.engine);
    if (engine.in_forked_child()) continue;
    try {
      engine.objects().post(operation_on(loan, proto::Verb::close, proto::operands::take_back(loan.end, loan.ticket)),
                            proto::ObjectKind::pipe);
    } catch (const std::exception& error) {
      log().debug("an end of a pipe: {}", error.what());  // the client was closed, and its loans have ended
    }
  }
}

void place_in_task(const Loans& loans, const TaskId& task, bool in_result) {
  const auto bytes = reinterpret_cast<const char*>(task.bytes().data());
  for (const Loan& loan : loans) {
    auto operation = operation_on(loan, proto::Verb::lend, proto::operands::place(loan.ticket, in_result));
    operation.values = {proto::Payload::copy({bytes, task.bytes().size()})};
    const auto call = engine_of(loan.engine).objects().run(std::move(operation), proto::ObjectKind::pipe, {});
    call->wait({});
    const auto& answer = call->answer();
    if (answer.code != Errc::ok && answer.code != Errc::object_unknown) throw Error{answer.code, answer.text};
  }
}

void OutgoingLoans::place(proto::Submission& task) const {
  if (loans_.empty()) return;
  if (task.id.is_nil()) {  // sealed arguments are bound to an id
    proto::RealEnv env;
    const auto unix_ms = static_cast<std::uint64_t>(env.now().unix_time.count());
    const auto high = env.random();
    task.id = task.spec->options.key.empty() ? TaskId::make(unix_ms, high, env.random())
                                             : TaskId::of_key(task.spec->queue, task.spec->options.key);
  }
  place_in_task(loans_, task.id, false);
}

void OutgoingLoans::add_to(TaskPlace& place, const std::string& endpoint) const {
  for (const Loan& loan : loans_) {
    if (engine_of(loan.engine).options().endpoint != endpoint) continue;
    const auto shard = static_cast<std::uint8_t>(shard_of_object(loan.pipe));
    place.loans_on = place.loans_on == 0 || place.loans_on == shard ? shard : TaskPlace::kSeveral;
  }
}

void OutgoingLoans::submitted(detail::State& state) {
  if (loans_.empty()) return;
  state.add(new TakeBack{std::exchange(loans_, {})});
}

}  // namespace forkmill::client
