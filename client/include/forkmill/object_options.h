// ObjectOptions: where a named object lives and how it is opened. A Client converts to ObjectOptions:
//
//     forkmill::Lock here{"db"};                                         // at the broker of default_client()
//     forkmill::Lock there{"db", client};                                // at the broker of `client`
//     forkmill::Queue<int> jobs{"jobs", 0, forkmill::ObjectOptions{client}.durable()};
//     forkmill::Event begun{"begun", forkmill::ObjectOptions{}.must_exist()};
//
// Without a client, default_client() is meant: the broker of FORKMILL_BROKER, or local:// after local_main(), and never
// another broker of this machine by itself.
//
// A name stands for one object of one kind, for all clients of a broker. Opening a name makes the object if there is
// none. Names: 1 to 128 letters, digits and . _ - : /
//
// In a cluster with several shards an object lives on the shard that its name gives. A place behind the name puts it
// elsewhere, and all clients have to write the same:
//
//     forkmill::Lock here{"stock@3"};                                    // on shard 3
//     forkmill::Lock there{"stock@orders"};                              // on the shard of queue `orders`
//     forkmill::Manager manager{forkmill::ObjectOptions{}.placed("orders")};
//
// Objects that belong together have to be on one shard: a condition and its lock, an end of a pipe and the queue of the
// task, or the object, with which it is sent. Otherwise Error{bad_request} says so. Objects without a name live on the
// shard of the task that makes them, and those of other programs with queue `default`.
//
//     object                 lives until
//     with a name            remove(), the broker's end, or an operator's `forkmill object rm`
//     the same, durable()    remove(), also beyond the broker's end
//     the same, owned()      the session of the client that made it ends
//     without a name         the last copy of the handle that made it goes, or the session of its client ends
//
// A session ends at once when its client is closed, or when a worker's supervisor reports the death of its process;
// else when the broker has heard nothing of the client for the session timeout (10 s).
//
// A value type: copy freely, use from any thread. ObjectOptions keep no Client alive: the objects of a closed client
// throw Disconnected{client_closed}.
#pragma once

#include <forkmill/detail/state.h>

#include <string>
#include <string_view>
#include <utility>

namespace forkmill {

class Client;

// Each of durable(), must_exist(), must_be_new(), owned(), kept() and placed() returns a copy with that option set, so
// that they can be chained.
class ObjectOptions {
 public:
  // Objects at default_client(); inside the decoding of a value, at the client that received it.
  ObjectOptions() = default;
  // Objects at this client.
  ObjectOptions(const Client& client);  // NOLINT(google-explicit-constructor)
  // For the library.
  explicit ObjectOptions(detail::Ref<detail::Origin> engine) : engine_{std::move(engine)} {}

  // Makes the object survive the broker: a change is answered when it is on disk. Matters only to the opening that
  // makes the object. A pipe cannot be durable (Error{option_out_of_range}). At a broker that keeps everything in
  // memory (--memory, local://) it has no effect, and no error says so.
  ObjectOptions durable() const {
    auto copy = *this;
    copy.durable_ = true;
    return copy;
  }
  // Opens only: throws Error{object_unknown} if there is no object of this name.
  ObjectOptions must_exist() const {
    auto copy = *this;
    copy.must_exist_ = true;
    return copy;
  }
  // Makes only: throws Error{object_exists} if there is an object of this name.
  ObjectOptions must_be_new() const {
    auto copy = *this;
    copy.must_be_new_ = true;
    return copy;
  }
  // Ties the object to the session of the client that makes it. Matters only to the opening that makes the object.
  ObjectOptions owned() const {
    auto copy = *this;
    copy.owned_ = true;
    return copy;
  }

  // Makes a semaphore whose units stay acquired when their holder ends normally: when its client is closed, or its
  // process exits. They come back only when the holder is lost, for example killed. Without it they come back in both
  // cases. Matters only to the opening that makes a semaphore.
  //
  //     forkmill::Semaphore done{"done", 3, forkmill::ObjectOptions{}.kept()};
  ObjectOptions kept() const {
    auto copy = *this;
    copy.kept_ = true;
    return copy;
  }

  // Puts objects on a shard of the cluster: that of a queue, or the one with this number. The same as `@where` behind
  // the name of each, and does nothing for a name that has a place. With one shard it has no effect, if `where` is a
  // name or 1.
  ObjectOptions placed(std::string_view where) const {
    auto copy = *this;
    copy.place_ = where;
    return copy;
  }

  // The options as set.
  const std::string& place() const { return place_; }  // empty: none
  bool is_durable() const { return durable_; }
  bool is_owned() const { return owned_; }
  bool is_kept() const { return kept_; }
  bool has_to_exist() const { return must_exist_; }
  bool has_to_be_new() const { return must_be_new_; }
  // A copy with the same options at the client of this engine. For the library.
  ObjectOptions at(detail::Ref<detail::Origin> engine) const {
    auto copy = *this;
    copy.engine_ = std::move(engine);
    return copy;
  }
  // The engine of the client: the given one, or that of default_client().
  // Throws what default_client() throws. For the library.
  detail::Ref<detail::Origin> engine() const;

 private:
  detail::Ref<detail::Origin> engine_;  // null: none was given
  bool durable_ = false;
  bool must_exist_ = false;
  bool must_be_new_ = false;
  bool owned_ = false;
  bool kept_ = false;
  std::string place_;  // empty: that of the name
};

namespace detail {

// While a ClientScope lives, ObjectOptions without a client mean this one, in this thread. Scopes nest.
class ClientScope {
 public:
  // engine: must outlive the scope; null means the default client.
  explicit ClientScope(Origin* engine) noexcept;
  ~ClientScope();
  ClientScope(const ClientScope&) = delete;
  ClientScope& operator=(const ClientScope&) = delete;

 private:
  Origin* before_;
};

}  // namespace detail
}  // namespace forkmill
