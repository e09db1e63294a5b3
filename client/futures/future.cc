#include <forkmill/future.h>
#include <forkmill/object_options.h>

#include <mutex>

namespace forkmill::detail {

struct RemoteState::Listening {
  std::mutex mutex;
  std::optional<Progress> last;
  std::vector<std::shared_ptr<ProgressListener>> listeners;
  struct Start {
    std::uint32_t pid;
    std::string host;
  };
  std::optional<Start> start;
  StartListener on_start;
};

namespace {

class Report final : public Runnable {
 public:
  Report(std::shared_ptr<ProgressListener> listener, double fraction, std::string note)
      : listener_{std::move(listener)}, fraction_{fraction}, note_{std::move(note)} {}
  void run() noexcept override {
    try {
      (*listener_)(fraction_, note_);
    } catch (...) {
      log_callback_error("on_progress");
    }
  }
  void abandon() noexcept override {}

 private:
  std::shared_ptr<ProgressListener> listener_;
  double fraction_;
  std::string note_;
};

}  // namespace

RemoteState::~RemoteState() { delete listening_.load(); }

RemoteState::Listening& RemoteState::listening() {
  auto* known = listening_.load();
  if (known != nullptr) return *known;
  auto fresh = std::make_unique<Listening>();
  if (listening_.compare_exchange_strong(known, fresh.get())) return *fresh.release();
  return *known;
}

void RemoteState::decode(void* optional_value) const {
  const ClientScope scope{origin()};  // objects in the value are opened by the client that got it
  try {
    decoder_(bytes_.view(), optional_value);
  } catch (const std::exception& error) {
    throw_undecodable(*this, error.what());
  }
}

void RemoteState::report(double fraction, const std::string& note) {
  mark_running();
  auto& slot = listening();
  std::unique_lock lock{slot.mutex};
  slot.last = Progress{fraction, note};
  auto listeners = slot.listeners;
  lock.unlock();
  if (listeners.empty()) return;
  const auto where = executor();
  if (!where) return;
  for (auto& listener : listeners) where->execute(Work{new Report{listener, fraction, note}});
}

void RemoteState::listen(ProgressListener listener) {
  auto& slot = listening();
  std::unique_lock lock{slot.mutex};
  slot.listeners.push_back(std::make_shared<ProgressListener>(std::move(listener)));
}

void RemoteState::started(std::uint32_t pid, const std::string& host) {
  mark_running();
  auto& slot = listening();
  std::unique_lock lock{slot.mutex};
  slot.start = {pid, host};
  const auto listener = std::exchange(slot.on_start, {});
  lock.unlock();
  if (listener) listener(pid, host);
}

void RemoteState::on_started(StartListener listener) {
  auto& slot = listening();
  std::unique_lock lock{slot.mutex};
  const auto start = slot.start;
  if (!start) {
    slot.on_start = std::move(listener);
    return;
  }
  lock.unlock();
  listener(start->pid, start->host);
}

std::optional<Progress> RemoteState::progress() const {
  auto* slot = listening_.load();
  if (slot == nullptr) return {};
  std::unique_lock lock{slot->mutex};
  return slot->last;
}

namespace {

FutureState ended_as(const std::exception_ptr& error) {
  if (!error) return FutureState::succeeded;
  try {
    std::rethrow_exception(error);
  } catch (const Cancelled&) {
    return FutureState::cancelled;
  } catch (const Expired&) {
    return FutureState::expired;
  } catch (...) {
    return FutureState::failed;
  }
}

}  // namespace

FutureState state_of(State& state) {
  if (state.ready()) return ended_as(state.outcome().error());
  if (state.running()) return FutureState::running;
  return state.accepted() ? FutureState::accepted : FutureState::pending;
}

bool wait_for(State& state, std::chrono::nanoseconds how_long) {
  if (how_long.count() <= 0) return state.ready();
  return state.wait(deadline_after(how_long));
}

void on_progress(State& state, ProgressListener listener) {
  if (state.is_remote()) static_cast<RemoteState&>(state).listen(std::move(listener));
}

std::optional<Progress> progress_of(State& state) {
  if (!state.is_remote()) return {};
  return static_cast<RemoteState&>(state).progress();
}

}  // namespace forkmill::detail
