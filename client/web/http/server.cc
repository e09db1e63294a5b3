#include "client/web/http/server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <strings.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <new>
#include <string_view>
#include <system_error>
#include <utility>

#include "client/web/http/failure.h"
#include "proto/os/descriptor.h"
#include "proto/os/tcp_table.h"

namespace forkmill::web {

namespace {

constexpr int kBacklog = 128;
constexpr unsigned kIdleSeconds = 30;  // between two requests; the limits of Server are shorter

proto::Descriptor listen_on(const Address& address) {
  const int family = address.socket.ss_family;
  proto::Descriptor fd{::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  const int on = 1;
  const auto length = static_cast<socklen_t>(family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in));
  sockaddr_storage socket = address.socket;
  if (!fd.valid() || ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&socket), length) != 0 || ::listen(fd.get(), kBacklog) != 0)
    throw std::system_error{errno, std::generic_category(), "cannot listen on " + address.text()};
  return fd;
}

unsigned short port_of(int fd) {
  sockaddr_storage socket{};
  socklen_t length = sizeof socket;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&socket), &length);
  in_port_t port = 0;  // stands in the same place for IPv4 and IPv6
  std::memcpy(&port, reinterpret_cast<const char*>(&socket) + offsetof(sockaddr_in, sin_port), sizeof port);
  return ntohs(port);
}

// Who is at the other end of a connection: found once, kept with the connection.
using PeerUser = std::optional<uid_t>;

int descriptor_of(MHD_Connection* connection) {
  return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

std::string* place_of(Headers& headers, std::string_view name) {
  const auto is = [&](const char* other) {
    return name.size() == std::strlen(other) && ::strncasecmp(name.data(), other, name.size()) == 0;
  };
  if (is("Host")) return &headers.host;
  if (is("Origin")) return &headers.origin;
  if (is("Sec-Fetch-Site")) return &headers.fetch_site;
  if (is("Authorization")) return &headers.authorization;
  if (is("X-CSRF-Token")) return &headers.csrf_token;
  if (is("Content-Type")) return &headers.content_type;
  if (is("Accept")) return &headers.accept;
  if (is("Accept-Encoding")) return &headers.accept_encoding;
  if (is("Cookie")) return &headers.cookie;
  if (is("Last-Event-ID")) return &headers.last_event_id;
  for (std::size_t i = 0; i < kUserHeaders.size(); ++i)
    if (is(kUserHeaders[i])) return &headers.users[i];
  return nullptr;
}

bool is_user_header(const Headers& headers, const std::string* place) {
  return std::any_of(headers.users.begin(), headers.users.end(),
                     [&](const std::string& user) { return &user == place; });
}

MHD_Result add_header(void* to, MHD_ValueKind, const char* name, const char* value) {
  auto& headers = *static_cast<Headers*>(to);
  std::string* const place = place_of(headers, name);
  if (place == nullptr || value == nullptr) return MHD_YES;
  if (!place->empty() && is_user_header(headers, place)) {
    *place = "\n";
    return MHD_YES;
  }
  const bool may_repeat = place == &headers.accept || place == &headers.accept_encoding;
  if (!place->empty() && !may_repeat) headers.repeated = true;
  *place = value;
  return MHD_YES;
}

// Whether the header Content-Length says more than `max`.
bool announces_more_than(MHD_Connection* connection, std::size_t max) {
  const char* text = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Length");
  if (text == nullptr) return false;
  std::size_t length = 0;
  const auto [end, error] = std::from_chars(text, text + std::strlen(text), length);
  return error != std::errc{} || *end != '\0' || length > max;
}

// libmicrohttpd would decode the target: "%2F" and "/" would be the same. Exchange decodes it.
std::size_t leave_encoded(void*, MHD_Connection*, char* text) { return std::strlen(text); }

// The stream of a connection.
struct Streaming {
  MHD_Connection* connection;
  TimeLimits& time_limits;
  std::chrono::milliseconds send;
  std::shared_ptr<EventStream> events;
};

// Sends what the stream has. The time limit is that until the next piece: a stream has one at each beat.
ssize_t read_events(void* of, std::uint64_t, char* to, std::size_t max) {
  auto& streaming = *static_cast<Streaming*>(of);
  auto* const connection = streaming.connection;
  streaming.time_limits.set(descriptor_of(connection), TimeLimits::Clock::now() + streaming.send);
  const auto size = streaming.events->read(
      to, max, [=] { MHD_suspend_connection(connection); }, [=] { MHD_resume_connection(connection); });
  return size ? static_cast<ssize_t>(*size) : static_cast<ssize_t>(MHD_CONTENT_READER_END_OF_STREAM);
}

void end_events(void* of) {
  const std::unique_ptr<Streaming> streaming{static_cast<Streaming*>(of)};
  streaming->events->end();
}

// The options of a server that speaks TLS, none for others. Valid as long as `tls`.
std::vector<MHD_OptionItem> tls_options(const Tls& tls) {
  const auto item = [](MHD_OPTION option, const char* text) {
    return MHD_OptionItem{option, 0, const_cast<char*>(text)};
  };
  std::vector<MHD_OptionItem> options;
  if (tls.is_on())
    options = {item(MHD_OPTION_HTTPS_MEM_CERT, tls.certificates.c_str()),
               item(MHD_OPTION_HTTPS_MEM_KEY, tls.key.c_str()),
               item(MHD_OPTION_HTTPS_PRIORITIES, "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2")};
  options.push_back(item(MHD_OPTION_END, nullptr));
  return options;
}

constexpr std::array<std::pair<const char*, const char*>, 6> kHeadersOfAll{{
    {"Cache-Control", "no-store"},
    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
}};

}  // namespace

// Exchange: one request and its response. libmicrohttpd calls proceed() until there is a response. While a handler
// works, the connection is suspended, and the handler's thread owns the exchange.
class Exchange {
 public:
  Exchange(Server& server, const char* uri) : server_{server}, uri_{uri} {}

  MHD_Result proceed(MHD_Connection* connection, const char* method, const char* data, std::size_t* size);
  static void* begin(void* server, const char* uri, MHD_Connection*) noexcept;
  static MHD_Result access(void* server, MHD_Connection* connection, const char* url, const char* method,
                           const char* version, const char* data, std::size_t* size, void** exchange) noexcept;
  static void complete(void* server, MHD_Connection* connection, void** exchange, MHD_RequestTerminationCode);
  static void connected(void* server, MHD_Connection* connection, void** context, MHD_ConnectionNotificationCode code);

 private:
  MHD_Result read_head(MHD_Connection* connection, const char* method);
  MHD_Result answer(MHD_Connection* connection);
  MHD_Result send(MHD_Connection* connection, const Response& response);
  MHD_Response* make(MHD_Connection* connection, const Response& response);

  Server& server_;
  std::string uri_;
  bool begun_ = false;
  bool too_large_ = false;
  Request request_{};
  std::optional<Response> response_{};
};

void* Exchange::begin(void* server, const char* uri, MHD_Connection*) noexcept {
  try {
    return new Exchange{*static_cast<Server*>(server), uri};
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

MHD_Result Exchange::access(void*, MHD_Connection* connection, const char*, const char* method, const char*,
                            const char* data, std::size_t* size, void** exchange) noexcept {
  if (*exchange == nullptr) return MHD_NO;
  try {
    return static_cast<Exchange*>(*exchange)->proceed(connection, method, data, size);
  } catch (const std::exception&) {
    return MHD_NO;  // closes the connection
  }
}

void Exchange::complete(void* server, MHD_Connection* connection, void** exchange, MHD_RequestTerminationCode) {
  delete static_cast<Exchange*>(*exchange);
  *exchange = nullptr;
  auto& owner = *static_cast<Server*>(server);
  owner.time_limits_.set(descriptor_of(connection), TimeLimits::Clock::now() + owner.limits_.receive);
}

void Exchange::connected(void* server, MHD_Connection* connection, void** context,
                         MHD_ConnectionNotificationCode code) {
  auto& owner = *static_cast<Server*>(server);
  const int fd = descriptor_of(connection);
  if (code == MHD_CONNECTION_NOTIFY_STARTED) {
    owner.time_limits_.set(fd, TimeLimits::Clock::now() + owner.limits_.receive);
    *context = owner.address_.is_loopback() ? new PeerUser{proto::user_of_peer(fd)} : nullptr;
  } else {
    owner.time_limits_.clear(fd);
    delete static_cast<PeerUser*>(*context);
    *context = nullptr;
  }
}

MHD_Result Exchange::proceed(MHD_Connection* connection, const char* method, const char* data, std::size_t* size) {
  if (!begun_) return read_head(connection, method);
  if (*size == 0) return answer(connection);
  if (request_.body.size() + *size > server_.limits_.body)
    too_large_ = true;
  else
    request_.body.append(data, *size);
  *size = 0;
  return MHD_YES;
}

MHD_Result Exchange::read_head(MHD_Connection* connection, const char* method) {
  begun_ = true;
  request_.method = method;
  MHD_get_connection_values(connection, MHD_HEADER_KIND, &add_header, &request_.headers);
  request_.peer = host_of(*MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr);
  const auto* const user = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
  if (user != nullptr) request_.peer_user = *static_cast<const PeerUser*>(user);
  too_large_ = announces_more_than(connection, server_.limits_.body);
  return too_large_ ? answer(connection) : MHD_YES;
}

MHD_Result Exchange::answer(MHD_Connection* connection) {
  if (response_) return send(connection, *response_);
  server_.time_limits_.clear(descriptor_of(connection));
  auto target = parse_target(uri_);
  if (too_large_)
    response_ = Failure{413, "too_large", "the body of a request has at most 64 KiB"}.response();
  else if (!target)
    response_ = Failure{400, "bad_target", "the path or the query of the URL is malformed"}.response();
  else if (request_.headers.repeated)
    response_ = Failure{400, "bad_headers", "a header is given twice"}.response();
  if (target) request_.target = std::move(*target);
  if (!response_) response_ = server_.quick_(request_);
  if (response_) return send(connection, *response_);
  MHD_suspend_connection(connection);
  const bool is_added = server_.pool_.add([this, connection] {
    response_ = server_.handler_(request_);
    MHD_resume_connection(connection);
  });
  if (!is_added) {
    response_ = Failure{503, "overloaded", "too many requests wait for an answer", "try again in a second"}.response();
    MHD_resume_connection(connection);
  }
  return MHD_YES;
}

MHD_Response* Exchange::make(MHD_Connection* connection, const Response& response) {
  if (!response.events)
    return MHD_create_response_from_buffer(response.body.size(), const_cast<char*>(response.body.data()),
                                           MHD_RESPMEM_MUST_COPY);
  constexpr std::size_t kPiece = 4096;
  server_.keep(response.events);
  auto streaming =
      std::make_unique<Streaming>(Streaming{connection, server_.time_limits_, server_.limits_.send, response.events});
  auto* const made =
      MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, kPiece, &read_events, streaming.get(), &end_events);
  if (made != nullptr) static_cast<void>(streaming.release());  // end_events() deletes it
  return made;
}

MHD_Result Exchange::send(MHD_Connection* connection, const Response& response) {
  server_.time_limits_.set(descriptor_of(connection), TimeLimits::Clock::now() + server_.limits_.send);
  const auto destroy = [](MHD_Response* made) { MHD_destroy_response(made); };
  const std::unique_ptr<MHD_Response, decltype(destroy)> made{make(connection, response), destroy};
  if (!made) return MHD_NO;
  MHD_add_response_header(made.get(), "Content-Type", response.type.c_str());
  for (const auto& [name, value] : kHeadersOfAll) {
    const auto is_same = [&name = name](const auto& header) { return header.first == name; };
    if (std::none_of(response.headers.begin(), response.headers.end(), is_same))
      MHD_add_response_header(made.get(), name, value);
  }
  for (const auto& [name, value] : response.headers) MHD_add_response_header(made.get(), name.c_str(), value.c_str());
  server_.counts_.count(response.status);
  return MHD_queue_response(connection, response.status, made.get());
}

Server::Server(const Address& address, const Tls& tls, ServerLimits limits, ResponseCounts& counts, QuickHandler quick,
               Handler handler)
    : limits_{limits},
      counts_{counts},
      quick_{std::move(quick)},
      handler_{std::move(handler)},
      address_{address},
      pool_{limits.threads, limits.waiting},
      daemon_{nullptr, &MHD_stop_daemon} {
  const auto fd = listen_on(address);  // the daemon owns a copy
  address_.port = port_of(fd.get());
  unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
  if (tls.is_on()) flags |= MHD_USE_TLS;
  auto options = tls_options(tls);
  daemon_.reset(MHD_start_daemon(
      flags, 0, nullptr, nullptr, &Exchange::access, this, MHD_OPTION_LISTEN_SOCKET,
      ::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0), MHD_OPTION_CONNECTION_LIMIT, static_cast<unsigned>(limits.connections),
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, limits.headers, MHD_OPTION_CONNECTION_TIMEOUT, kIdleSeconds,
      MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK, &Exchange::begin, this,
      MHD_OPTION_UNESCAPE_CALLBACK, &leave_encoded, nullptr, MHD_OPTION_NOTIFY_COMPLETED, &Exchange::complete, this,
      MHD_OPTION_NOTIFY_CONNECTION, &Exchange::connected, this, MHD_OPTION_ARRAY, options.data(), MHD_OPTION_END));
  if (!daemon_ && tls.is_on())
    throw std::system_error{EINVAL, std::generic_category(),
                            "cannot serve TLS: certificate and key must be PEM, and belong together"};
  if (!daemon_) throw std::system_error{errno, std::generic_category(), "cannot start the HTTP server"};
}

// The daemon must have no suspended connections when it ends.
Server::~Server() {
  pool_.stop();
  end_streams();
}

void Server::keep(const std::shared_ptr<EventStream>& stream) {
  const std::lock_guard lock{streams_mutex_};
  if (is_ending_) stream->end();
  std::erase_if(streams_, [](const auto& kept) { return kept.expired(); });
  streams_.push_back(stream);
}

void Server::end_streams() {
  const std::lock_guard lock{streams_mutex_};
  is_ending_ = true;
  for (const auto& kept : streams_) {
    if (const auto stream = kept.lock()) stream->end();
  }
}

}  // namespace forkmill::web
