#include "client/engine/sealing/sealed_calls.h"

#include <forkmill/detail/value.h>
#include <forkmill/errors.h>

#include <string>
#include <utility>

#include "proto/limits.h"
#include "proto/transport/keys/seal_file.h"

namespace forkmill::client {

namespace {

std::shared_ptr<const proto::TaskSeals> read_keys(const std::string& path) {
  auto seals = proto::read_seal_keys(path);
  if (!seals.ok()) throw Error{Errc::bad_request, "seal keys: " + seals.failure().text};
  return std::move(seals).value();
}

TaskId task_of(Cookie cookie) { return reinterpret_cast<const detail::RemoteState*>(cookie)->id(); }

}  // namespace

SealedCalls::SealedCalls(const ClientOptions& options) : seals_{read_keys(options.seal_keys)} {}

proto::Payload SealedCalls::seal(const proto::Submission& task, std::string_view arguments) const {
  auto sealed = seals_->seal_arguments(task.id, *task.spec, arguments);
  if (!sealed.ok()) throw Error{sealed.code(), sealed.failure().text};
  if (sealed->size() > proto::limits::kMaxPayload)
    throw Rejected{Errc::payload_too_large, std::to_string(sealed->size()) + " bytes of sealed arguments for " +
                                                task.spec->name + "; the maximum is " +
                                                std::to_string(proto::limits::kMaxPayload)};
  return std::move(sealed).value();
}

void SealedCalls::expect(Cookie cookie, const proto::Payload& arguments) {
  if (!on()) return;
  const auto nonce = proto::nonce_of_arguments(arguments.view());
  if (!nonce) return;
  const std::lock_guard hold{mutex_};
  expected_[cookie] = *nonce;
}

// last: nothing comes for this waiter any more.
proto::SealExpectation SealedCalls::expectation(Cookie cookie, const TaskId& task, bool last) {
  proto::SealExpectation expected{task, std::nullopt};
  if (!on()) return expected;
  const std::lock_guard hold{mutex_};
  const auto found = expected_.find(cookie);
  if (found == expected_.end()) return expected;
  expected.arguments = found->second;
  if (last) expected_.erase(found);
  return expected;
}

void SealedCalls::open(Effects& effects) {
  for (auto& note : effects.progress) {
    if (on() || proto::is_sealed_note(note.note))
      proto::open_note(seals_.get(), expectation(note.cookie, task_of(note.cookie), false), note.note);
  }
  for (auto& one : effects.ended) {
    if (on() || proto::is_sealed(one.outcome.value.view()))
      proto::open_outcome(seals_.get(), expectation(one.cookie, task_of(one.cookie), true), one.outcome);
  }
}

}  // namespace forkmill::client
