// The floor: a ZeroMQ ROUTER between clients and workers that only forwards. No queue, no ids, no acks, no retries:
// what is left when everything that a task queue does is taken away. One message a task unless --batch says otherwise.
//
//     bench_zmq [throughput] [latency] [mixed]   with --batch N, --keys and the options of echo.h
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "tests/bench/measure/child.h"
#include "tests/bench/measure/echo.h"

namespace {

using namespace forkmill::bench;

struct Options : EchoOptions {
  std::size_t batch = 1;
  bool keys = false;
};

// The key of the router and that of all its peers, as text. Empty: connections are not encrypted.
struct Keys {
  std::string public_key;
  std::string secret_key;

  void make() {
    constexpr std::size_t kSize = 41;  // with the zero at the end
    std::array<char, kSize> open{};
    std::array<char, kSize> secret{};
    if (zmq_curve_keypair(open.data(), secret.data()) != 0) throw zmq::error_t{};
    public_key = open.data();
    secret_key = secret.data();
  }
};
Keys router_key;
Keys peer_key;

zmq::socket_t open(zmq::context_t& context, zmq::socket_type type) {
  zmq::socket_t socket{context, type};
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::sndhwm, 0);
  socket.set(zmq::sockopt::rcvhwm, 0);
  if (router_key.secret_key.empty()) return socket;
  if (type == zmq::socket_type::router) {
    socket.set(zmq::sockopt::curve_server, true);
    socket.set(zmq::sockopt::curve_secretkey, router_key.secret_key);
  } else {
    socket.set(zmq::sockopt::curve_serverkey, router_key.public_key);
    socket.set(zmq::sockopt::curve_publickey, peer_key.public_key);
    socket.set(zmq::sockopt::curve_secretkey, peer_key.secret_key);
  }
  return socket;
}

std::string endpoint(int port) { return "tcp://127.0.0.1:" + std::to_string(port); }

// Moves one message, all frames but the first `drop`, behind the `prefix` frame. False when none was waiting.
bool forward(zmq::socket_t& from, zmq::socket_t& to, int drop, const std::string* prefix) {
  zmq::message_t frame;
  for (int i = 0; i < drop; ++i) {
    if (!from.recv(frame, zmq::recv_flags::dontwait)) return false;
  }
  if (!from.recv(frame, zmq::recv_flags::dontwait)) return false;
  if (prefix != nullptr) to.send(zmq::buffer(*prefix), zmq::send_flags::sndmore);
  while (frame.more()) {
    to.send(std::move(frame), zmq::send_flags::sndmore);
    frame = zmq::message_t{};
    static_cast<void>(from.recv(frame));
  }
  to.send(std::move(frame), zmq::send_flags::none);
  return true;
}

// Clients' tasks to the workers in turn, results back to the client that they name.
int route(int front_port, int back_port, int workers) try {
  zmq::context_t context;
  auto front = open(context, zmq::socket_type::router);
  auto back = open(context, zmq::socket_type::router);
  back.bind(endpoint(back_port));
  std::vector<std::string> worker_ids;
  while (static_cast<int>(worker_ids.size()) < workers) {
    zmq::message_t id;
    zmq::message_t hello;
    static_cast<void>(back.recv(id));
    static_cast<void>(back.recv(hello));
    worker_ids.push_back(id.to_string());
  }
  front.bind(endpoint(front_port));  // the client finds the port open when the workers are here
  constexpr int kTurn = 256;         // messages of one side before the other has a turn
  for (std::size_t next = 0;;) {
    int moved = 0;
    for (; moved < kTurn && forward(front, back, 0, &worker_ids[next % worker_ids.size()]); ++moved) ++next;
    for (int i = 0; i < kTurn && forward(back, front, 1, nullptr); ++i) ++moved;
    if (moved > 0) continue;
    std::array<zmq::pollitem_t, 2> items{{{front.handle(), 0, ZMQ_POLLIN, 0}, {back.handle(), 0, ZMQ_POLLIN, 0}}};
    zmq::poll(items, std::chrono::milliseconds{-1});
  }
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_zmq: router: %s\n", error.what());
  return 1;
}

int serve(int port) try {
  zmq::context_t context;
  auto socket = open(context, zmq::socket_type::dealer);
  socket.connect(endpoint(port));
  socket.send(zmq::str_buffer("hello"), zmq::send_flags::none);
  for (;;) {
    zmq::message_t frame;
    static_cast<void>(socket.recv(frame));
    const auto flags = frame.more() ? zmq::send_flags::sndmore : zmq::send_flags::none;
    if (!frame.more()) work_on(frame.to_string_view());
    socket.send(std::move(frame), flags);
  }
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_zmq: worker: %s\n", error.what());
  return 1;
}

// A message carries `batch` tasks, or as many as there are when the client waits for results.
class Client final : public EchoClient {
 public:
  Client(int port, std::size_t bytes, std::size_t batch)
      : socket_{open(context_, zmq::socket_type::dealer)}, bytes_{bytes}, full_{batch * bytes} {
    socket_.connect(endpoint(port));
  }
  void submit(std::string_view payload) override {
    if (full_ == bytes_) {
      socket_.send(zmq::buffer(payload), zmq::send_flags::none);
      return;
    }
    message_ += payload;
    if (message_.size() >= full_) flush();
  }
  void collect(const Take& take) override {
    flush();
    zmq::message_t reply;
    static_cast<void>(socket_.recv(reply));
    for (auto tasks = reply.to_string_view(); !tasks.empty(); tasks.remove_prefix(std::min(bytes_, tasks.size()))) {
      take(tasks.substr(0, bytes_));
    }
  }

 private:
  void flush() {
    if (message_.empty()) return;
    socket_.send(zmq::buffer(message_), zmq::send_flags::none);
    message_.clear();
  }

  zmq::context_t context_;
  zmq::socket_t socket_;
  const std::size_t bytes_;
  const std::size_t full_;
  std::string message_;
};

void run(const Options& options) {
  if (options.keys) {
    router_key.make();
    peer_key.make();
  }
  const int front = free_port();
  const int back = free_port();
  auto router = Child::function([&] { return route(front, back, options.workers); });
  std::vector<Child> workers;
  std::vector<pid_t> pids;
  for (int i = 0; i < options.workers; ++i) {
    workers.push_back(Child::function([&] { return serve(back); }));
    pids.push_back(workers.back().pid());
  }
  wait_for_port(front, router);
  measure_echo(
      options, [&](int) { return std::make_unique<Client>(front, options.bytes, options.batch); },
      parts_of(router.pid(), pids));
}

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  options.name = "zmq";
  CLI::App app{"The floor: messages through a ZeroMQ ROUTER that only forwards"};
  add_echo_options(app, options);
  app.add_option("--batch", options.batch, "tasks in one message")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_flag("--keys", options.keys, "encrypt connections, by ZeroMQ's CURVE");
  CLI11_PARSE(app, argc, argv);
  run(options);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_zmq: %s\n", error.what());
  return 1;
}
