#include "client/objects/object.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "client/engine/loans.h"
#include "client/futures/log.h"
#include "client/objects/errors.h"
#include "client/objects/on_answer.h"

namespace forkmill::client {

using namespace std::chrono_literals;

namespace {

constexpr auto kGrace = 1s;         // beyond a time limit, for the broker's answer
constexpr auto kLongestGrace = 1s;  // beyond that, while the broker is reachable
constexpr auto kLookAgain = 250ms;

milliseconds wait_of(const ObjectRequest& request) {
  if (!request.wait || !*request.wait) return milliseconds{-1};
  return std::clamp(std::chrono::ceil<milliseconds>(**request.wait), milliseconds{0},
                    std::chrono::ceil<milliseconds>(proto::limits::kMaxDuration));
}

// Removes the ends of pipes that are packed in the values from the unsent ones, and lists them in the operation.
Loans put_loans_aboard(proto::Operation& operation, const Engine& engine) {
  Loans aboard;
  for (std::size_t i = 0; i < operation.values.size(); ++i) {
    for (Loan& loan : remove_unsent_in(operation.values[i].view())) {
      if (engine_of(loan.engine).options().endpoint != engine.options().endpoint) {
        add_unsent(std::move(loan));  // a pipe of another broker, which does not hear of this object
        continue;
      }
      operation.loans.push_back({loan.pipe, loan.ticket, i});
      aboard.push_back(std::move(loan));
    }
  }
  return aboard;
}

// Takes ends of pipes back whose operation has failed.
void take_back_after_failure(Call& call, Loans loans) {
  if (loans.empty()) return;
  call.add(new OnAnswer{[loans = std::move(loans)](const Object::Answer& answer) {
    if (answer.code != Errc::ok) take_back(loans);
  }});
}

proto::Operation operation_on(const Object& object, ObjectRequest& request) {
  proto::Operation operation;
  operation.verb = request.verb;
  operation.object = object.number();
  operation.who = this_thread_number();
  operation.wait = wait_of(request);
  set_operands(operation, request.operands);
  operation.values = std::move(request.values);
  return operation;
}

std::shared_ptr<LockHolding> holding_of(Engine& engine, ObjectKind kind, std::uint64_t number) {
  return kind == ObjectKind::lock ? engine.holdings().locks().add_handle(number) : nullptr;
}

bool changes_something(Verb verb) { return verb == Verb::put || verb == Verb::send || verb == Verb::acted; }

// Waits for the answer until this side's own limit, which is a little later than the broker's, or, if `patient`, for as
// long as the broker is within reach. False: the answer has not come.
bool wait_for_answer(Call& call, Engine& engine, detail::Deadline deadline, bool patient) {
  const auto last = *deadline + kLongestGrace;
  while (!call.wait(deadline)) {
    if (!engine.reachability().reachable() || (!patient && *deadline >= last)) return false;
    *deadline += kLookAgain;
  }
  return true;
}

}  // namespace

Object::Object(detail::Ref<detail::Origin> engine, OpenedObject opened)
    : engine_{std::move(engine)},
      opened_{std::move(opened)},
      holding_{holding_of(engine_of(engine_), opened_.spec.kind, opened_.number)} {}

Object::~Object() {
  if (holding_) engine().holdings().locks().remove_handle(number(), std::move(holding_));
  if (!opened_.removes) return;
  forget_holdings();
  post({.verb = Verb::remove});
}

void Object::remove() {
  require({.verb = Verb::remove});
  forget_holdings();
}

void Object::forget_holdings() {
  if (spec().kind == ObjectKind::semaphore) engine().holdings().units().forget(number());
  if (spec().kind == ObjectKind::lock) engine().holdings().locks().forget(number());
}

void Object::check_open() const {
  if (closed_) throw Error{Errc::object_closed, "'" + name() + "'"};
}

void Object::fail(const Answer& answer) const { throw_object_error(answer.code, about_object(name(), answer)); }

CallRef Object::start(ObjectRequest request) {
  check_open();
  auto operation = operation_on(*this, request);
  auto loans = put_loans_aboard(operation, engine());
  auto call = engine().objects().start(std::move(operation), spec().kind);
  take_back_after_failure(*call, std::move(loans));
  return call;
}

void Object::post(ObjectRequest request) noexcept {
  try {
    if (engine().in_forked_child()) return;
    engine().objects().post(operation_on(*this, request), spec().kind);
  } catch (const std::exception& error) {
    log().debug("{}: {}", name(), error.what());  // the client was closed, and has lost what it had
  }
}

Object::Answer Object::call(ObjectRequest request, OnLateAnswer undo) {
  check_open();
  const bool limited = request.wait && *request.wait;
  auto operation = operation_on(*this, request);
  auto loans = put_loans_aboard(operation, engine());
  if (!limited) {
    const auto call = engine().objects().run(std::move(operation), spec().kind, {});
    take_back_after_failure(*call, std::move(loans));
    call->wait({});
    return std::move(call->answer());
  }
  const auto wait = std::max(**request.wait, std::chrono::nanoseconds{0});
  const bool patient = request.patient;
  const auto deadline = detail::deadline_after(detail::saturated<std::chrono::nanoseconds>(
      std::min<std::chrono::nanoseconds>(wait, proto::limits::kMaxDuration) + kGrace));
  const auto call = engine().objects().run(std::move(operation), spec().kind, deadline);
  take_back_after_failure(*call, std::move(loans));
  if (!wait_for_answer(*call, engine(), deadline, patient)) engine().objects().give_up(call);
  if (call->ready()) return std::move(call->answer());
  if (undo) {
    call->add(new OnAnswer{[undo = std::move(undo), self = shared_from_this()](Answer& answer) {
      if (answer.code == Errc::ok) undo(answer);
    }});
  }
  const auto code = changes_something(request.verb) ? Errc::disconnected : Errc::timeout;
  return {0, code, engine().why_waiting(), 0, 0, {}};
}

Object::Answer Object::require(ObjectRequest request, OnLateAnswer undo) {
  auto answer = call(std::move(request), std::move(undo));
  if (answer.code != Errc::ok) fail(answer);
  return answer;
}

}  // namespace forkmill::client
