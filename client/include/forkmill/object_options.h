// ObjectOptions: where a named object lives and how it is opened. A Client converts to it, so that
//
//     forkmill::Lock lock{"db"};                                         // at the default client's broker
//     forkmill::Lock lock{"db", client};                                 // at that of `client`
//     forkmill::Queue<int> jobs{"jobs", 0, forkmill::ObjectOptions{client}.durable()};
//
// A value: copy it freely. It keeps no Client alive: objects of a client that was closed throw
// Disconnected{client_closed}.
//
// One name stands for one object of one kind for all clients of a broker. Opening makes it when there is none. An
// object that was opened by name stays until it is removed or the broker ends; a durable one stays beyond that. One
// without a name has a name of its own making, and goes with the handle that made it (its last copy), or else with the
// client. Names: 1 to 128 letters, digits and . _ - : /
#pragma once

#include <forkmill/detail/state.h>

#include <utility>

namespace forkmill {

class Client;

class ObjectOptions {
 public:
  // The default client (default_client()), or inside the decoding of a value the client that got it.
  ObjectOptions() = default;
  ObjectOptions(const Client& client);  // NOLINT(google-explicit-constructor)
  explicit ObjectOptions(detail::Ref<detail::Origin> engine) : engine_{std::move(engine)} {}

  // It outlives the broker. What it is made with counts, not what it is opened with.
  ObjectOptions durable() const {
    auto copy = *this;
    copy.durable_ = true;
    return copy;
  }
  // Opening throws Error{object_unknown} when there is none.
  ObjectOptions must_exist() const {
    auto copy = *this;
    copy.must_exist_ = true;
    return copy;
  }
  // Opening throws Error{object_exists} when there is one.
  ObjectOptions must_be_new() const {
    auto copy = *this;
    copy.must_be_new_ = true;
    return copy;
  }
  // It goes when the client that made it does.
  ObjectOptions owned() const {
    auto copy = *this;
    copy.owned_ = true;
    return copy;
  }

  bool is_durable() const { return durable_; }
  bool is_owned() const { return owned_; }
  bool has_to_exist() const { return must_exist_; }
  bool has_to_be_new() const { return must_be_new_; }
  // The client's engine: the one given, or that of the default client, which may throw.
  detail::Ref<detail::Origin> engine() const;

 private:
  detail::Ref<detail::Origin> engine_;
  bool durable_ = false;
  bool must_exist_ = false;
  bool must_be_new_ = false;
  bool owned_ = false;
};

namespace detail {

// While one lives, objects that this thread opens without saying where are those of this client.
class ClientScope {
 public:
  explicit ClientScope(Origin* engine) noexcept;
  ~ClientScope();
  ClientScope(const ClientScope&) = delete;
  ClientScope& operator=(const ClientScope&) = delete;

 private:
  Origin* before_;
};

}  // namespace detail
}  // namespace forkmill
