#include "client/objects/watch.h"

#include <atomic>
#include <mutex>
#include <utility>

#include "client/futures/log.h"
#include "client/objects/values.h"

namespace forkmill {

namespace detail {

using client::CallRef;
using client::Object;
using client::Verb;

class Watcher : public std::enable_shared_from_this<Watcher> {
 public:
  Watcher(std::shared_ptr<Object> object, std::function<void(const RawChanges&)> callback)
      : object_{std::move(object)}, callback_{std::move(callback)} {}

  void ask(std::int64_t version);
  void stop() noexcept;
  void answered(const Object::Answer& answer) noexcept;
  bool active() noexcept;
  void end(Errc code) noexcept;

 private:
  const std::shared_ptr<Object> object_;
  const std::function<void(const RawChanges&)> callback_;
  std::mutex mutex_;
  CallRef call_;
  bool stopped_ = false;
  bool ended_ = false;
};

namespace {

// Runs on the executor, because the callback is the user's code.
class OnChange final : public Continuation {
 public:
  explicit OnChange(std::shared_ptr<Watcher> watcher) : Continuation{false}, watcher_{std::move(watcher)} {}
  void run() noexcept override { watcher_->answered(static_cast<client::Call&>(*source).answer()); }
  void abandon() noexcept override { watcher_->end(Errc::client_closed); }

 private:
  std::shared_ptr<Watcher> watcher_;
};

}  // namespace

void Watcher::ask(std::int64_t version) {
  CallRef call;
  {
    const std::unique_lock lock{mutex_};
    if (stopped_) return;
    call = call_ = object_->start({.verb = Verb::watch, .operands = client::operands::watch(version), .wait = Wait{}});
  }
  call->add(new OnChange{shared_from_this()});
}

void Watcher::stop() noexcept {
  const std::unique_lock lock{mutex_};
  stopped_ = true;
  if (call_ && !call_->ready() && !object_->engine().in_forked_child()) object_->engine().objects().give_up(call_);
}

void Watcher::answered(const Object::Answer& answer) noexcept {
  {
    const std::unique_lock lock{mutex_};
    if (stopped_) return;
  }
  if (answer.code != Errc::ok) return end(answer.code);
  try {
    callback_(raw_changes(answer));
  } catch (...) {
    log_callback_error("a watch");
  }
  try {
    ask(proto::version_of(answer));
  } catch (const Error& error) {
    end(error.code());
  }
}

bool Watcher::active() noexcept {
  const std::unique_lock lock{mutex_};
  return !stopped_ && !ended_;
}

// There is no call that could report the end: the program may ask, or see it in the log.
void Watcher::end(Errc code) noexcept {
  {
    const std::unique_lock lock{mutex_};
    if (std::exchange(ended_, true) || stopped_) return;
  }
  if (code != Errc::client_closed)
    client::log().warn("the watch of '{}' has ended: {}", object_->name(), errc_text(code));
}

RawChanges raw_changes(const Object::Answer& answer) {
  return {proto::version_of(answer), proto::changes_are_incomplete(answer), client::bytes_of(answer.values)};
}

std::optional<RawChanges> wait_changes(Object& object, std::int64_t version, Wait wait) {
  const auto answer = object.call({.verb = Verb::watch, .operands = client::operands::watch(version), .wait = wait});
  if (answer.code == Errc::timeout) return std::nullopt;
  if (answer.code != Errc::ok) object.fail(answer);
  return raw_changes(answer);
}

Watch watch_object(const std::shared_ptr<Object>& object, std::function<void(const RawChanges&)> callback) {
  auto watcher = std::make_shared<Watcher>(object, std::move(callback));
  watcher->ask(proto::version_of(object->require({.verb = Verb::look})));
  return Watch{std::move(watcher)};
}

}  // namespace detail

bool Watch::active() const noexcept { return watcher_ && watcher_->active(); }

void Watch::stop() noexcept {
  if (watcher_) std::exchange(watcher_, nullptr)->stop();
}

}  // namespace forkmill
