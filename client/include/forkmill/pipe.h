// Pipes between processes, on one machine or many: two ends, and messages that arrive whole and in order. The
// counterparts of Python's multiprocessing.Pipe and Connection.
//
//     auto [here, there] = forkmill::pipe<std::string>();        // both ends send and receive
//     client.submit(kWork, there);                               // one end goes to a task ...
//     there.close();                                             // ... and is not used here any more
//     here.send("go");
//     auto answer = here.recv();                                 // EndOfStream if the task ends without one
//
//     auto [reader, writer] = forkmill::pipe<int>(false);        // one way
//
// A message is a value of the pipe's type (send, recv) or a string of bytes (send_bytes, recv_bytes), 64 MiB at most,
// also empty. Read a message with the member that belongs to the one that sent it. A sender waits while a megabyte is
// unread at the other end; a single message may be larger.
//
// An end is open while a process has it open. Copies of a Connection share one opening, which ends with the last copy
// or with close(). A process that dies closes its ends when its session ends. Once one end is closed everywhere, the
// other reads what is left and then gets EndOfStream, and its send() throws EndOfStream at once. The pipe goes with its
// last end. It lives in the broker's memory: when the broker is restarted it is gone (Error{object_unknown}).
//
// An end may be an argument or a result of a task, or a value in another object. It counts as open while it is on its
// way; the process that reads it first has it, and a second reader gets Error{object_closed}. An end that can no longer
// be read is closed: when its task ends without having started (cancelled, expired, killed, refused …), when the value
// is erased or removed with its object, when the reader dies first, when the result, item or message that brought it is
// dropped unread or was read as bytes (recv_bytes(), a RawResult whose future is gone), when the process whose function
// has returned it has ended. So the other end never waits for a process that
// does not come. A task that has received an end and then crashes or throws is not tried again, as it would not get the
// end a second time. close() also takes back what was packed and not sent: the arguments of a Process before start().
//
// Blocking and time limits: every operation is a round trip to the broker. Time limits are kept by the broker, to about
// a millisecond; zero or less tries once. Without a broker, an operation without a time limit blocks until it is back,
// and one with a limit ends 1 to 2 seconds after it.
//
// Threads: every member may be called by any thread at any time; of several threads that receive, each gets other
// messages. fork(): a child must not use the ends of its parent; they throw Disconnected.
//
// Errors of all members: Error{object_closed} after close(), and of an empty Connection; Error{wrong_direction} for the
// wrong end of a one-way pipe; Disconnected{client_closed} once the client is closed; Disconnected{disconnected} if the
// broker has forgotten this client while the operation was under way: a message may have been sent or not.
#pragma once

#include <forkmill/detail/object.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace forkmill {

namespace detail {

// One opening of one end; closes it, without waiting, when the last Connection goes.
class PipeEnd;

// RawConnection: an end of a pipe of bytes; the members that need no type.
class RawConnection {
 public:
  // Whether this object refers to an end: false for one that is default constructed or moved from.
  bool valid() const noexcept { return end_ != nullptr; }
  // Whether this end may receive, and send, by the direction of the pipe.
  // Never block.
  // Python: c.readable, c.writable
  bool readable() const;
  bool writable() const;
  // Closes this end for this process, all copies included, and waits for the broker's answer. May be repeated.
  // Python: c.close()
  void close();
  // Whether close() was called, or this object is empty.
  // Never blocks.
  // Python: c.closed
  bool closed() const;

  // Sends a message. The first form blocks until there is room; the second waits `timeout` at most and then throws
  // Full.
  // Throws EndOfStream if the other end is closed everywhere, Rejected{payload_too_large} over 64 MiB.
  // Python: c.send_bytes(message)
  void send_bytes(std::string_view message) { send_value(std::string{message}, {}); }
  template <class Rep, class Period>
  void send_bytes(std::string_view message, std::chrono::duration<Rep, Period> timeout) {
    send_value(std::string{message}, within(timeout));
  }
  // Receives the next message. The first form blocks until there is one; the second waits `timeout` at most and then
  // throws Timeout{Errc::timeout}.
  // Throws EndOfStream if none is left and the other end is closed everywhere.
  //
  //     auto [here, there] = forkmill::pipe<std::string>();
  //     there.send_bytes("no msgpack");
  //     std::string bytes = here.recv_bytes();
  //
  // Python: c.recv_bytes()
  std::string recv_bytes() { return std::string{receive({}).view}; }
  template <class Rep, class Period>
  std::string recv_bytes(std::chrono::duration<Rep, Period> timeout) {
    return std::string{receive(within(timeout)).view};
  }
  // Receives the next message into `buffer`, blocking, and returns its size in bytes. A message that is larger is
  // thrown as BufferTooSmall, which carries it.
  // Python: c.recv_bytes_into(buffer)
  std::size_t recv_bytes_into(std::span<std::byte> buffer);

  // Whether recv() would return or throw EndOfStream at once: now, or within `timeout`. Takes nothing out of the pipe.
  //
  //     auto [here, there] = forkmill::pipe<int>();
  //     there.send(1);
  //     while (here.poll(1s)) print(here.recv());                 // until nothing comes for a second
  //
  // Python: c.poll(), c.poll(timeout)
  bool poll() { return poll_within(kAtOnce); }
  template <class Rep, class Period>
  bool poll(std::chrono::duration<Rep, Period> timeout) {
    return poll_within(within(timeout));
  }

  // For the library: lends the end to the process that opens the ticket.
  Ticket travel_ticket() const;
  // For wait() of wait_ready.h.
  std::shared_ptr<Readiness> readiness() const;

 protected:
  // Empty; an opening; the end that a ticket names, which is claimed.
  RawConnection() = default;
  explicit RawConnection(std::shared_ptr<PipeEnd> end) : end_{std::move(end)} {}
  RawConnection(const Ticket& ticket, std::uint64_t type);
  static std::pair<std::shared_ptr<PipeEnd>, std::shared_ptr<PipeEnd>> make(std::string_view name, bool duplex,
                                                                            std::uint64_t type,
                                                                            const ObjectOptions& options);
  void send_value(std::string message, Wait wait);
  Bytes receive(Wait wait);
  bool poll_within(Wait wait);
  Origin* engine() const;
  const std::string& pipe_name() const;

 private:
  PipeEnd& end() const;  // throws Error{object_closed}
  std::shared_ptr<PipeEnd> end_;
};

}  // namespace detail

// Connection<T>: one end of a pipe of T. Copies are the same end.
template <class T>
class Connection : public detail::RawConnection {
 public:
  // Marks types whose handles travel (detail/object.h).
  using TravelsAsTicket = void;
  // Type of a message.
  using Value = T;

  // An empty connection, until an end is assigned.
  Connection() = default;
  // For the library: claims the end that a ticket names.
  Connection(const detail::Ticket& ticket, detail::FromTicket) : RawConnection{ticket, detail::type_hash<T>()} {}

  // Sends a value as one message.
  // Blocks and throws as send_bytes() does; also Rejected{payload_too_large} for a value that is nested 64 deep or
  // more.
  // Python: c.send(value)
  void send(const T& value) { send_value(detail::pack_checked(value), {}); }
  template <class Rep, class Period>
  void send(const T& value, std::chrono::duration<Rep, Period> timeout) {
    send_value(detail::pack_checked(value), detail::within(timeout));
  }
  // Receives the next message as a value.
  // Blocks and throws as recv_bytes() does; also Error{result_undecodable} for a message that is not a T, which is gone
  // then.
  // Python: c.recv()
  T recv() { return decode(receive({})); }
  template <class Rep, class Period>
  T recv(std::chrono::duration<Rep, Period> timeout) {
    return decode(receive(detail::within(timeout)));
  }

  // Makes a pipe; forkmill::pipe() is the shorter way.
  static std::pair<Connection, Connection> pipe(bool duplex, const ObjectOptions& options) {
    auto [first, second] = make({}, duplex, detail::type_hash<T>(), options);
    return {Connection{std::move(first)}, Connection{std::move(second)}};
  }

 private:
  explicit Connection(std::shared_ptr<detail::PipeEnd> end) : RawConnection{std::move(end)} {}
  T decode(const detail::Bytes& bytes) const {
    const detail::ClientScope scope{engine()};
    try {
      return unpack_value<T>(bytes.view);
    } catch (const DecodeError& error) {
      detail::throw_element_undecodable(pipe_name(), error.what());
    }
  }
};

// Makes a pipe and returns its two ends, both open in this process. duplex: whether both ends send and receive; if not,
// the first only receives and the second only sends.
// Blocks for two round trips to the broker.
// Throws Disconnected, Error{too_many_objects}, and Error{option_out_of_range} for durable() options.
// Python: mp.Pipe(duplex)
template <class T = std::string>
std::pair<Connection<T>, Connection<T>> pipe(bool duplex = true, const ObjectOptions& options = {}) {
  return Connection<T>::pipe(duplex, options);
}

// Name of the type in signatures of tasks.
template <class T>
struct SignatureName<Connection<T>> {
  static std::string get() { return "forkmill.Connection<" + signature_of<T>() + ">"; }
};

}  // namespace forkmill
