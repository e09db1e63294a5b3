// Reactions to the answer of a call, without a thread that waits for it.
#pragma once

#include <forkmill/detail/value.h>

#include <exception>
#include <functional>
#include <memory>
#include <utility>

#include "client/objects/object.h"

namespace forkmill::client {

// Runs `act` on the thread that resolves the call. Its exceptions are logged.
class OnAnswer final : public detail::Continuation {
 public:
  explicit OnAnswer(std::function<void(Object::Answer&)> act) : Continuation{true}, act_{std::move(act)} {}
  void run() noexcept override;
  void abandon() noexcept override { run(); }

 private:
  std::function<void(Object::Answer&)> act_;
};

// Starts an operation, and returns a future's state of the payload that `convert(answer)` makes of any answer. An
// exception of `convert` becomes the future's error.
template <class Convert>
detail::Ref<detail::RemoteState> state_of_answer(const std::shared_ptr<Object>& object, ObjectRequest request,
                                                 Convert convert) {
  auto state = detail::make_ref<detail::RemoteState>(object->engine_ref(), TaskId{});
  const auto call = object->start(std::move(request));
  call->add(new OnAnswer{[state, object, convert = std::move(convert)](Object::Answer& answer) {
    try {
      const proto::Payload bytes = convert(answer).with_owner();
      state->succeed(bytes.owner(), bytes.view());
    } catch (...) {
      state->fail(std::current_exception());
    }
  }});
  return state;
}

// The same, of answers that are a success; any other one becomes the future's error.
template <class Convert>
detail::Ref<detail::RemoteState> state_of_success(const std::shared_ptr<Object>& object, ObjectRequest request,
                                                  Convert convert) {
  return state_of_answer(object, std::move(request),
                         [&object = *object, convert = std::move(convert)](Object::Answer& answer) {
                           if (answer.code != Errc::ok) object.fail(answer);
                           return convert(answer);
                         });
}

}  // namespace forkmill::client
