#include "proto/transport/dealer.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include "proto/names.h"
#include "proto/os/real_env.h"
#include "proto/transport/default_endpoint.h"
#include "proto/transport/errors.h"
#include "proto/transport/local_peer.h"
#include "proto/transport/message_io.h"

namespace forkmill::proto {

namespace {

std::string monitor_address() {
  static std::atomic<std::uint64_t> count{0};
  return "inproc://forkmill-monitor-" + std::to_string(++count);
}

constexpr Instant kRetry = std::chrono::milliseconds{100};  // when no connection could be made
constexpr Instant kRetryForeign = std::chrono::seconds{1};  // when a program of another user listens
constexpr Instant kRetryRefused = std::chrono::seconds{1};  // after a refused handshake; doubles each time
constexpr unsigned kMaxDoublings = 4;
constexpr int kBrief = 2000;  // ms until one of several endpoints is left that does not answer

void set_keys(zmq::socket_t& socket, const CurveKeys& keys) {
  const auto set = [&](int option, const Key& key) {
    if (zmq_setsockopt(socket.handle(), option, key.bytes.data(), key.bytes.size()) != 0) throw zmq::error_t{};
  };
  set(ZMQ_CURVE_SERVERKEY, keys.broker);
  set(ZMQ_CURVE_PUBLICKEY, keys.own.public_key);
  set(ZMQ_CURVE_SECRETKEY, keys.own.secret_key);
}

// Returns why the broker has ended a handshake, and what to do. Empty: nothing can be said yet.
std::string why_handshake_failed(std::uint16_t event, std::uint32_t value, const CurveKeys* keys,
                                 unsigned failed_in_row) {
  if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) {
    if (keys == nullptr) return "the broker refuses peers without keys, or of another user";
    return "the broker does not accept the public key " + to_string(keys->own.public_key) +
           " of this program: add a line for it to the --authorized-keys file of the broker and send SIGHUP to the "
           "broker, or use another --key";
  }
  const bool differs = event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL &&
                       value == static_cast<std::uint32_t>(ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH);
  if (differs && keys == nullptr)
    return "the broker requires keys: give its public key with --server-public-key, and a key of your own with --key "
           "(`forkmill keygen FILE` creates one, which the broker must authorize)";
  if (differs) return "the broker there has no key (--server-key), so it cannot prove who it is, and is left";
  if (event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL) return "what listens there is not a forkmill broker";
  // The connection has just ended: a broker that is being stopped does the same, but not twice.
  if (keys == nullptr || failed_in_row < 2) return {};
  return "the broker there ends each handshake: its public key is probably not " + to_string(keys->broker) +
         "; see --server-public-key";
}

// The keys for the current endpoint; null: it has none.
const CurveKeys* keys_for(const EndpointList& endpoints, const std::optional<CurveKeys>& keys) {
  return keys && endpoints.current().starts_with("tcp://") ? &*keys : nullptr;
}

// The endpoint is valid; a connection can be made when the process has a free descriptor again.
bool is_shortage(int error) { return error == EMFILE || error == ENFILE || error == ENOMEM; }

}  // namespace

struct Dealer::Connection {
  // An empty endpoint connects to nothing yet. `is_brief`: a peer that does not answer is left soon.
  Connection(const std::string& endpoint, const CurveKeys* keys, Waiter& watched, bool is_brief) : waiter{watched} {
    set_common_options(socket, endpoint);
    if (is_brief) {
      socket.set(zmq::sockopt::connect_timeout, kBrief);
      socket.set(zmq::sockopt::handshake_ivl, kBrief);
    }
    if (keys != nullptr) set_keys(socket, *keys);
    const std::string address = monitor_address();
    constexpr int kEvents = ZMQ_EVENT_CONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                            ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                            ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECT_RETRIED | ZMQ_EVENT_MONITOR_STOPPED;
    if (zmq_socket_monitor(socket.handle(), address.c_str(), kEvents) != 0) throw zmq::error_t{};
    try {
      monitor.connect(address);
      if (!endpoint.empty()) socket.connect(endpoint);
    } catch (const zmq::error_t&) {
      stop_monitor();
      throw;
    }
    waiter.add(socket.get(zmq::sockopt::fd), 0);
    waiter.add(monitor.get(zmq::sockopt::fd), 0);
  }
  ~Connection() {
    if (!socket) return;
    unwatch();
    stop_monitor();
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // ZeroMQ keeps a closed socket until its messages have left; the monitor tells when it is gone.
  void finish() {
    unwatch();
    socket.close();
    monitor.set(zmq::sockopt::rcvtimeo, 2 * kLinger);
    int seen = event(true).number;
    while (seen != 0 && seen != ZMQ_EVENT_MONITOR_STOPPED) seen = event(true).number;
    // The monitor must outlive the socket: without a listener ZeroMQ's thread would block forever.
    if (seen == 0) static_cast<void>(new zmq::socket_t{std::move(monitor)});
  }

  void unwatch() {
    waiter.remove(socket.get(zmq::sockopt::fd));
    waiter.remove(monitor.get(zmq::sockopt::fd));
  }

  // Call before the destructor of the socket closes it: ZeroMQ's thread must not wait for a listener that is gone.
  void stop_monitor() { zmq_socket_monitor(socket.handle(), nullptr, 0); }

  struct Event {
    std::uint16_t number = 0;  // 0: none
    std::uint32_t value = 0;   // the descriptor of the connection, or why a handshake has failed
  };
  // Returns the next event of the monitor.
  Event event(bool wait = false) {
    constexpr int kMaxSkipped = 16;
    if (has_messages && !wait && ++skipped <= kMaxSkipped) return {};
    skipped = 0;
    zmq::message_t frame;
    zmq::message_t address;
    monitor_is_empty = !receive_frame(monitor, frame, wait);
    if (monitor_is_empty) return {};
    static_cast<void>(receive_frame(monitor, address));
    Event event;
    std::memcpy(&event.number, frame.data(), sizeof event.number);
    std::memcpy(&event.value, frame.data<char>() + sizeof event.number, sizeof event.value);
    return event;
  }

  // Returns whether event() may find one. Nothing else reads the monitor: once event() has found none, the descriptor
  // of the monitor tells of the next one, which saves a system call before each wait.
  bool may_have_event() { return !monitor_is_empty && has_input(monitor); }

  Waiter& waiter;
  bool up = false;  // link_event() has reported the connection, and not its end
  // Messages wait to be received: the monitor, which costs a system call, is asked some rounds later.
  bool has_messages = false;
  int skipped = 0;                // rounds
  bool monitor_is_empty = false;  // the last event() that asked the monitor found none
  zmq::socket_t socket{zmq_context(), zmq::socket_type::dealer};
  zmq::socket_t monitor{zmq_context(), zmq::socket_type::pair};
};

Dealer::Dealer(const std::string& endpoint, LookUp look_up, std::optional<CurveKeys> keys, Dealer* beside)
    : endpoints_{endpoint, std::move(look_up), waiter_}, keys_{keys} {
  for (const std::string& one : endpoints_.all()) prepare_default_endpoint(one);
  waiter_.add(obstacle_.alarm.fd(), 0);
  if (beside != nullptr) beside->waiter_.add(waiter_.fd(), 0);
  connect(true);
}
Dealer::~Dealer() = default;

void Dealer::connect(bool first) {
  disconnect();
  endpoints_.start();
  const std::string endpoint = endpoints_.address();
  try {
    connection_ =
        std::make_unique<Connection>(endpoint, keys_for(endpoints_, keys_), waiter_, endpoints_.has_several());
    obstacle_.alarm.stop();
  } catch (const zmq::error_t& error) {
    const bool shortage = is_shortage(error.num());
    if (first && !shortage) throw TransportError{connect_error_text(endpoint, error.num())};
    retry_later(shortage ? std::string{"there is nothing left to make a connection of: "} + error.what()
                         : connect_error_text(endpoint, error.num()),
                kRetry);
  }
}

void Dealer::disconnect() {
  if (connection_) connection_->socket.set(zmq::sockopt::linger, 0);
  connection_.reset();
}

void Dealer::retry_later(std::string obstacle, Instant pause) {
  obstacle_.text = std::move(obstacle);
  obstacle_.alarm.set(pause);
  obstacle_.retry_at = RealEnv::steady() + pause;
}

bool Dealer::retry_due() { return !connection_ && RealEnv::steady() >= obstacle_.retry_at; }

std::optional<Dealer::LinkEvent> Dealer::link_event() {
  for (;;) {
    if (auto* tracker = endpoints_.tracker(); tracker != nullptr && tracker->due() && tracker->attend()) connect();
    if (retry_due()) connect();
    const auto event = connection_ ? connection_->event() : Connection::Event{};
    switch (event.number) {
      case ZMQ_EVENT_CONNECTED:
        leave_foreign_server(static_cast<int>(event.value));
        break;
      case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        obstacle_.text.clear();
        obstacle_.told.clear();
        obstacle_.all_told.clear();
        obstacle_.failed_handshakes = 0;
        obstacle_.is_refusal = false;
        connection_->up = true;
        endpoints_.connected();
        if (auto* tracker = endpoints_.tracker()) tracker->connected();
        return LinkEvent::up;
      case ZMQ_EVENT_DISCONNECTED:
        if (auto* tracker = endpoints_.tracker()) tracker->lost();
        if (const bool was_up = std::exchange(connection_->up, false); was_up) {
          if (endpoints_.is_redirected()) try_next();
          return LinkEvent::down;
        }
        break;
      case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
      case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
      case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
        explain_failed_handshake(event.number, event.value);
        break;
      case ZMQ_EVENT_CONNECT_RETRIED:
        if (auto why = why_barred(endpoints_.current()); !why.empty())
          obstacle_.text = endpoints_.about_current(std::move(why));
        if (auto* tracker = endpoints_.tracker(); tracker != nullptr && tracker->refused())
          connect();
        else if (endpoints_.has_several())
          try_next();
        break;
      default:
        return find_why_stuck() ? std::optional{LinkEvent::stuck} : std::nullopt;
    }
  }
}

void Dealer::try_next() {
  disconnect();
  retry_later(obstacle_.text, endpoints_.move_on());
}

void Dealer::leave_foreign_server(int socket) {
  auto why = why_server_is_foreign(socket);
  if (why.empty()) return;
  why = endpoints_.about_current(std::move(why));
  disconnect();
  if (endpoints_.has_several()) endpoints_.move_on();
  retry_later(std::move(why), kRetryForeign);
}

void Dealer::explain_failed_handshake(std::uint16_t event, std::uint32_t value) {
  const unsigned failed = ++obstacle_.failed_handshakes;
  obstacle_.is_refusal = event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
  auto why = why_handshake_failed(event, value, keys_for(endpoints_, keys_), failed);
  if (why.empty()) return;
  why = endpoints_.about_current(std::move(why));
  // ZeroMQ would not connect again after most of these events, and too often after the others.
  disconnect();
  if (endpoints_.has_several()) endpoints_.move_on();
  retry_later(std::move(why), kRetryRefused * (1U << std::min(failed - 1, kMaxDoublings)));
}

// Each reason is reported once until there was a connection.
bool Dealer::find_why_stuck() {
  if (std::exchange(obstacle_.told, obstacle_.text) != obstacle_.text) return is_news(obstacle_.text);
  auto* tracker = endpoints_.tracker();
  auto failure = tracker != nullptr ? tracker->take_failure() : std::nullopt;
  if (!failure) return false;
  if (endpoints_.has_several()) try_next();
  return is_news(std::move(*failure));
}

bool Dealer::is_news(std::string why) {
  if (endpoints_.has_several() && !obstacle_.all_told.insert(why).second) return false;
  obstacle_.reported = std::move(why);
  return true;
}

std::optional<Result<Envelope>> Dealer::receive() {
  if (!connection_) return std::nullopt;
  auto arrived = receive_message(connection_->socket, false);
  if (!arrived) return std::nullopt;
  return arrived->decoded();
}

bool Dealer::send(const Envelope& envelope) {
  return connection_ && send_message(connection_->socket, nullptr, envelope);
}

void Dealer::reconnect() {
  if (endpoints_.has_several()) {
    endpoints_.move_on();
  } else if (auto* tracker = endpoints_.tracker()) {
    tracker->lost();
    tracker->move_on();
  }
  connect();
}

bool Dealer::redirect(const std::string& endpoints) {
  if (!is_endpoint_list(endpoints)) return false;
  const auto all = split_endpoints(endpoints);
  const std::string scheme = endpoints_.current().substr(0, endpoints_.current().find(':') + 1);
  const auto alike = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.starts_with(scheme); });
  endpoints_.redirect(alike == all.end() ? all.front() : *alike);
  connect();
  return true;
}

void Dealer::finish() {
  if (connection_) connection_->finish();
  connection_.reset();
}

bool Dealer::pending() {
  if (auto* tracker = endpoints_.tracker(); tracker != nullptr && tracker->due()) return true;
  if (!connection_) return retry_due() || obstacle_.told != obstacle_.text;
  // Before a wait, the socket must be asked, because has_input has a side effect.
  connection_->has_messages = has_input(connection_->socket);
  return connection_->has_messages || connection_->may_have_event();
}

void finish_sending() { zmq_context().close(); }

}  // namespace forkmill::proto
