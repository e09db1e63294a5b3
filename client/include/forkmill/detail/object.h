// What the handles of all named objects have in common. Not for users, but for Handle's members.
#pragma once

#include <forkmill/detail/decode.h>
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

// How long an operation may take: empty: as long as it does; zero or less: only what can be done at once.
using Wait = std::optional<std::chrono::nanoseconds>;
inline constexpr std::chrono::nanoseconds kAtOnce{0};

template <class Rep, class Period>
Wait within(std::chrono::duration<Rep, Period> timeout) {
  return saturated<std::chrono::nanoseconds>(timeout);
}

// A value as it came, without a copy.
struct Bytes {
  std::shared_ptr<const void> owner;
  std::string_view view;
};

// What of a handle goes to another process, where it is opened anew.
struct Ticket {
  std::string name;
  std::int64_t size = 0;
  std::int64_t flags = 0;
  std::int64_t end = 0;     // pipe
  std::int64_t number = 0;  // pipe: as lend gave it
  MSGPACK_DEFINE(name, size, flags, end, number)
};

// The hash of an element's type, as it is compared between those who open one object.
template <class T>
std::uint64_t type_hash() {
  static const std::uint64_t hash = signature_hash(signature_of<T>());
  return hash;
}

// Throws Rejected{payload_too_large} for a value that is too large, or nested too deep to be read again.
void check_value(std::string_view bytes);

template <class T>
std::string pack_checked(const T& value) {
  auto bytes = pack_value(value);
  check_value(bytes);
  return bytes;
}

[[noreturn]] void throw_element_undecodable(const std::string& object, const char* why);

// A handle of an object: copies are cheap and stand for the same object; close() is for all of them. Thread-safe, but
// for assignment.
class Handle {
 public:
  const std::string& name() const;
  // Removes the object from the broker, for everybody: whoever waits for it or uses it gets Error{object_unknown}.
  void remove();
  friend bool operator==(const Handle& a, const Handle& b) { return a.name() == b.name(); }

 protected:
  Handle() = default;
  explicit Handle(std::shared_ptr<client::Object> object) : object_{std::move(object)} {}

  Ticket ticket() const;
  client::Object& object() const;
  Origin* engine() const;

  template <class T>
  T decode(const Bytes& bytes) const {
    const ClientScope scope{engine()};
    try {
      return unpack_value<T>(bytes.view);
    } catch (const DecodeError& error) {
      throw_element_undecodable(name(), error.what());
    }
  }

  std::shared_ptr<client::Object> object_;
};

// A handle that may be an argument or a result of a task, or a value in another object: it travels as a ticket, and is
// opened by whoever reads it.
template <class H>
concept Travels = requires {
  typename H::TravelsAsTicket;
};

struct FromTicket {};

}  // namespace detail
}  // namespace forkmill

namespace msgpack {
MSGPACK_API_VERSION_NAMESPACE(MSGPACK_DEFAULT_API_NS) {
  namespace adaptor {
  template <forkmill::detail::Travels H>
  struct pack<H> {
    template <class Stream>
    packer<Stream>& operator()(msgpack::packer<Stream>& packer, const H& handle) const {
      return packer.pack(handle.travel_ticket());
    }
  };
  template <forkmill::detail::Travels H>
  struct convert<H> {
    const msgpack::object& operator()(const msgpack::object& object, H& handle) const {
      handle = H{object.as<forkmill::detail::Ticket>(), forkmill::detail::FromTicket{}};
      return object;
    }
  };
  template <forkmill::detail::Travels H>
  struct as<H> {
    H operator()(const msgpack::object& object) const {
      return H{object.as<forkmill::detail::Ticket>(), forkmill::detail::FromTicket{}};
    }
  };
  }  // namespace adaptor
}
}  // namespace msgpack
