// Server: HTTP/1.1 by libmicrohttpd, in the clear or by TLS 1.2 and 1.3. One thread speaks with all peers and never
// waits for a handler: requests are answered by a pool of threads, or refused with 503 if too many wait. The sizes of
// requests, the number of connections and the time that a request or a response takes are limited.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "client/web/http/address.h"
#include "client/web/http/message.h"
#include "client/web/http/time_limits.h"
#include "client/web/http/tls.h"
#include "client/web/http/work_pool.h"

struct MHD_Daemon;

namespace forkmill::web {

struct ServerLimits {
  std::size_t connections = 256;
  std::size_t headers = std::size_t{32} * 1024;  // bytes of a request without its body
  std::size_t body = std::size_t{64} * 1024;
  std::size_t threads = 8;
  std::size_t waiting = 64;                   // requests that wait for a thread
  std::chrono::milliseconds receive{15'000};  // for a whole request, from the end of the one before it
  std::chrono::milliseconds send{30'000};     // for a whole response
};

// Responses so far, by class of status. Thread-safe.
class ResponseCounts {
 public:
  void count(unsigned status) { ++of_hundreds_.at(status / 100); }
  // The responses with a status of `hundreds` * 100 and more: 2, 3, 4 or 5.
  std::uint64_t of(std::size_t hundreds) const { return of_hundreds_.at(hundreds).load(); }

 private:
  std::array<std::atomic<std::uint64_t>, 6> of_hundreds_{};
};

class Server {
 public:
  // Answers a request; must not throw. Runs on a thread of the pool.
  using Handler = std::function<Response(const Request&)>;
  // Answers a request at once, without waiting for anything. Null: it is one for the Handler.
  using QuickHandler = std::function<std::optional<Response>(const Request&)>;

  // Listens, and answers requests from now on: also before the constructor has returned. The counts must outlive the
  // server. Throws std::system_error if the address, or the certificate and the key, cannot be used.
  Server(const Address& address, const Tls& tls, ServerLimits limits, ResponseCounts& counts, QuickHandler quick,
         Handler handler);
  // Answers the requests that have arrived whole, ends all streams of events, and closes all connections.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // The address with the port that is in use.
  const Address& address() const { return address_; }
  // Closes the connections that have used up their time. Call it every second or so.
  void enforce_time_limits() { time_limits_.enforce(TimeLimits::Clock::now()); }

 private:
  friend class Exchange;  // one request and its response, in server.cc

  // Keeps the stream until end_streams(), after which new ones end at once.
  void keep(const std::shared_ptr<EventStream>& stream);
  void end_streams();

  ServerLimits limits_;
  ResponseCounts& counts_;
  QuickHandler quick_;
  Handler handler_;
  Address address_;
  TimeLimits time_limits_;
  std::mutex streams_mutex_;
  bool is_ending_ = false;
  std::vector<std::weak_ptr<EventStream>> streams_;
  WorkPool pool_;
  std::unique_ptr<MHD_Daemon, void (*)(MHD_Daemon*)> daemon_;
};

}  // namespace forkmill::web
