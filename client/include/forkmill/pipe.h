// Pipes between processes, on one machine or many: two ends, and messages that arrive whole and in order.
//
//     auto [here, there] = forkmill::pipe<std::string>();        // both send and receive
//     client.submit(kWork, there);                               // one end goes to a task ...
//     there.close();                                             // ... and is not used here any more
//     here.send("go");
//     auto answer = here.recv();                                 // EndOfStream when the task has ended without one
//
//     auto [reader, writer] = forkmill::pipe<int>(false);        // one way
//
// A message is a value of the pipe's type, or bytes (send_bytes), at most 64 MiB, empty ones too. send() waits while a
// megabyte is unread at the other end. An end is open while some process has it open; copies of a Connection share its
// opening, and the last one, or close(), closes it for this process. When one end is closed everywhere, the other reads
// what is left and then gets EndOfStream; sending to a closed end is EndOfStream too. A process that dies closes its
// ends. The pipe is gone with its last end.
//
// An end may be an argument of a task or a value in a queue: it is open while it is on its way, and whoever reads it
// first has it, once.
//
// Threads: every member may be called by any thread. Time limits as in queue.h; those of recv() and send() throw
// Timeout and Full. Use after close(): Error{object_closed}; the wrong direction: Error{wrong_direction}.
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

// One opening of one end.
class PipeEnd;

class RawConnection {
 public:
  bool valid() const noexcept { return end_ != nullptr; }
  bool readable() const;  // by its direction
  bool writable() const;
  void close();
  bool closed() const;

  void send_bytes(std::string_view message) { send_value(std::string{message}, {}); }
  template <class Rep, class Period>
  void send_bytes(std::string_view message, std::chrono::duration<Rep, Period> timeout) {
    send_value(std::string{message}, within(timeout));
  }
  std::string recv_bytes() { return std::string{receive({}).view}; }
  template <class Rep, class Period>
  std::string recv_bytes(std::chrono::duration<Rep, Period> timeout) {
    return std::string{receive(within(timeout)).view};
  }
  // Into a buffer: how many bytes. A message that is larger is in the BufferTooSmall that is thrown.
  std::size_t recv_bytes_into(std::span<std::byte> buffer);

  // Whether a message, or the end, can be received now, or within the time limit. Takes nothing out.
  bool poll() { return poll_within(kAtOnce); }
  template <class Rep, class Period>
  bool poll(std::chrono::duration<Rep, Period> timeout) {
    return poll_within(within(timeout));
  }

  // Lends the end to whoever opens the ticket.
  Ticket travel_ticket() const;

 protected:
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
  PipeEnd& end() const;
  std::shared_ptr<PipeEnd> end_;
};

}  // namespace detail

template <class T>
class Connection : public detail::RawConnection {
 public:
  using TravelsAsTicket = void;
  using Value = T;

  Connection() = default;  // no end of anything, until one is assigned
  Connection(const detail::Ticket& ticket, detail::FromTicket) : RawConnection{ticket, detail::type_hash<T>()} {}

  void send(const T& value) { send_value(detail::pack_checked(value), {}); }
  template <class Rep, class Period>
  void send(const T& value, std::chrono::duration<Rep, Period> timeout) {
    send_value(detail::pack_checked(value), detail::within(timeout));
  }
  T recv() { return decode(receive({})); }
  template <class Rep, class Period>
  T recv(std::chrono::duration<Rep, Period> timeout) {
    return decode(receive(detail::within(timeout)));
  }

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

// Two connected ends. With duplex == false the first only receives, and the second only sends.
template <class T = std::string>
std::pair<Connection<T>, Connection<T>> pipe(bool duplex = true, const ObjectOptions& options = {}) {
  return Connection<T>::pipe(duplex, options);
}

template <class T>
struct SignatureName<Connection<T>> {
  static std::string get() { return "forkmill.Connection<" + signature_of<T>() + ">"; }
};

}  // namespace forkmill
