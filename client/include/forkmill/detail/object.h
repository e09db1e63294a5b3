// The base of the handles of all named objects, and how values and handles travel. For the library, except for the
// public members of Handle, which every handle has.
#pragma once

#include <forkmill/detail/decode.h>
#include <forkmill/detail/readiness.h>
#include <forkmill/detail/span.h>
#include <forkmill/object_errors.h>
#include <forkmill/object_options.h>
#include <forkmill/serialize.h>
#include <forkmill/signature.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace forkmill {

namespace client {
class Object;
}

namespace detail {

// Time limit of an operation. Empty: none. Zero or less: only what can be done at once.
using Wait = std::optional<std::chrono::nanoseconds>;
inline constexpr std::chrono::nanoseconds kAtOnce{0};  // a Wait that tries once

// The time limit as a Wait; one that is too long for nanoseconds is the longest.
// Throws std::invalid_argument for one that is not a number.
template <class Rep, class Period>
Wait within(std::chrono::duration<Rep, Period> timeout) {
  return saturated<std::chrono::nanoseconds>(timeout);
}

// A packed value as it arrived, without a copy. `owner` keeps the bytes of `view`.
struct Bytes {
  std::shared_ptr<const void> owner;  // the message that brought them
  std::string_view view;
};

// The form in which a handle travels to another process, which opens the object again.
struct Ticket {
  std::string name;         // the object, with its place; for a condition, followed by a space and that of its lock
  std::int64_t size = 0;    // as the object was made: parties, initial value, maximum …
  std::int64_t flags = 0;   // recursive, bounded, fixed length, one way
  std::int64_t end = 0;     // pipe
  std::int64_t number = 0;  // pipe: as lend gave it; barrier: its time limit
  MSGPACK_DEFINE(name, size, flags, end, number)
};

// Refuses types that cannot be packed, where a container of them is made.
template <class T>
void check_packs() {
  static_cast<void>(&pack_value<T>);
}

// Hash of an element's type. The broker compares it between the clients that open one object. Computed once.
template <class T>
std::uint64_t type_hash() {
  check_packs<T>();
  static const std::uint64_t hash = signature_hash(signature_of<T>());
  return hash;
}

// Throws Rejected{payload_too_large} if a packed value is over 64 MiB, or nested 64 deep or more, which no reader
// takes.
void check_value(std::string_view bytes);

// Packs a value that is to be stored, and checks it.
template <class T>
std::string pack_checked(const T& value) {
  auto bytes = pack_value(value);
  check_value(bytes);
  return bytes;
}

// Throws Error{result_undecodable} that names the object.
[[noreturn]] void throw_element_undecodable(const std::string& object, const char* why);

// Handle: stands for one named object at a broker. Copies are cheap and share one opening. Thread-safe, except that
// assignment must not run beside other uses of the same handle. A moved-from handle is empty and throws
// std::logic_error.
class Handle {
 public:
  // Name of the object, as given, but without its place, or as made up ("anonymous:…").
  // Never blocks.
  const std::string& name() const;
  // Removes the object from the broker, for all clients; present waiters and later users get Error{object_unknown}.
  // Blocks until it is done.
  // Throws Error{object_unknown} if it was removed before.
  void remove();
  // Whether two handles have the same name and are on the same shard: "a@1" and "a@2" are two objects. (Handles of
  // different clusters are not told apart.)
  friend bool operator==(const Handle& a, const Handle& b) { return a.name() == b.name() && a.shard() == b.shard(); }

 protected:
  Handle() = default;
  explicit Handle(std::shared_ptr<client::Object> object) : object_{std::move(object)} {}

  Ticket ticket() const;
  std::uint32_t shard() const;     // 0: the cluster has one
  client::Object& object() const;  // throws std::logic_error if empty
  Origin* engine() const;

  // Unpacks a value of this object; handles in it are opened at this object's client.
  // Throws Error{result_undecodable}.
  template <class T>
  T decode(const Bytes& bytes) const {
    const ClientScope scope{engine()};
    try {
      return unpack_value<T>(bytes.view);
    } catch (const DecodeError& error) {
      throw_element_undecodable(name(), error.what());
    }
  }

  std::shared_ptr<client::Object> object_;  // null: empty
};

// Handles that may be an argument or a result of a task, or a value in another object. They travel as tickets; reading
// one opens the object, which blocks and may throw as the constructors do.
template <class H>
concept Travels = requires {
  typename H::TravelsAsTicket;
};

// Selects the constructors that open a ticket.
struct FromTicket {};

}  // namespace detail
}  // namespace forkmill

// How msgpack packs and unpacks handles that travel.
namespace msgpack {
MSGPACK_API_VERSION_NAMESPACE(MSGPACK_DEFAULT_API_NS) {
  namespace adaptor {
  template <forkmill::detail::Travels H>
  struct pack<H> {
    // Packs the ticket. For an end of a pipe this lends the end: it is open until the ticket is claimed.
    template <class Stream>
    packer<Stream>& operator()(msgpack::packer<Stream>& packer, const H& handle) const {
      return packer.pack(handle.travel_ticket());
    }
  };
  template <forkmill::detail::Travels H>
  struct convert<H> {
    // Opens the object that the ticket names, and assigns the handle.
    const msgpack::object& operator()(const msgpack::object& object, H& handle) const {
      handle = H{object.as<forkmill::detail::Ticket>(), forkmill::detail::FromTicket{}};
      return object;
    }
  };
  template <forkmill::detail::Travels H>
  struct as<H> {
    // Opens the object that the ticket names.
    H operator()(const msgpack::object& object) const {
      return H{object.as<forkmill::detail::Ticket>(), forkmill::detail::FromTicket{}};
    }
  };
  }  // namespace adaptor
}
}  // namespace msgpack
