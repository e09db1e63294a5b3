// EndpointList: the endpoints of brokers of which one serves and the others stand by. One endpoint is tried at a time;
// they take turns, with growing, jittered pauses. A list of one endpoint stays with it. A broker may send its peer on
// to an endpoint that is not in the list, which is tried until move_on(). The thread of the Dealer owns it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "proto/clock.h"
#include "proto/names.h"
#include "proto/os/real_env.h"
#include "proto/os/waiter.h"
#include "proto/transport/endpoint_tracker.h"
#include "proto/transport/resolver.h"

namespace forkmill::proto {

class EndpointList {
 public:
  // `text`: endpoints with commas between. `waiter` gets the descriptors of the tracker that is current, and outlives
  // the object.
  EndpointList(const std::string& text, LookUp look_up, Waiter& waiter)
      : all_{split_endpoints(text)}, look_up_{std::move(look_up)}, waiter_{waiter} {}

  bool has_several() const { return all_.size() > 1 || is_redirected(); }
  const std::vector<std::string>& all() const { return all_; }
  // Begins to find the address of the current endpoint; does nothing if that has begun.
  void start() {
    if (std::exchange(started_, true)) return;
    tracker_ = EndpointTracker::to(current(), look_up_);
    if (!tracker_) return;
    for (const int fd : tracker_->descriptors()) waiter_.add(fd, 0);
  }
  // The endpoint that is tried, as it was given, and as an address; empty while that is not known. address() REQUIRES:
  // start() was called.
  const std::string& current() const { return is_redirected() ? elsewhere_ : all_[at_]; }
  const std::string& address() const { return tracker_ ? tracker_->endpoint() : current(); }
  // Returns `why` with the current endpoint, which it is about, if there are several.
  std::string about_current(std::string why) const { return has_several() ? current() + ": " + std::move(why) : why; }
  // Finds the address of the current endpoint; null: the endpoint is one, or start() was not called.
  EndpointTracker* tracker() { return tracker_.get(); }

  // Goes to `endpoint`, which need not be in the list. Call start() next.
  void redirect(std::string endpoint) {
    stop();
    elsewhere_ = std::move(endpoint);
  }
  bool is_redirected() const { return !elsewhere_.empty(); }

  // Goes on to the next endpoint of the list. Returns how long to wait before start(), so that names that cannot be
  // looked up are not asked for without a pause.
  Instant move_on() {
    stop();
    const bool was_elsewhere = is_redirected();
    elsewhere_.clear();
    at_ = (at_ + 1) % all_.size();
    return was_elsewhere ? pause(returns_++) : pause(moves_++ / all_.size());
  }
  // There is a connection: pauses begin small again.
  void connected() { (is_redirected() ? returns_ : moves_) = 0; }

 private:
  static constexpr Instant kFirstPause = std::chrono::milliseconds{20};  // doubles with each round
  static constexpr std::size_t kMaxDoublings = 6;

  void stop() {
    if (tracker_)
      for (const int fd : tracker_->descriptors()) waiter_.remove(fd);
    tracker_.reset();
    started_ = false;
  }
  Instant pause(std::size_t round) {
    const auto whole = kFirstPause * (1 << std::min(round, kMaxDoublings));
    return whole / 2 +
           Instant{static_cast<std::int64_t>(env_.random() % static_cast<std::uint64_t>(whole.count() / 2))};
  }

  const std::vector<std::string> all_;
  const LookUp look_up_;
  Waiter& waiter_;
  RealEnv env_;
  std::size_t at_ = 0;
  std::size_t moves_ = 0;    // since there was a connection
  std::string elsewhere_;    // empty: an endpoint of the list is tried
  std::size_t returns_ = 0;  // from there, since there was a connection
  bool started_ = false;
  std::unique_ptr<EndpointTracker> tracker_;
};

}  // namespace forkmill::proto
