// The floor: a ZeroMQ ROUTER between one client and two workers that only forwards. No queue, no ids, no acks, no
// retries: what is left when everything a task queue does is taken away. One message a task unless --batch says
// otherwise.
//
//     bench_zmq [throughput] [latency]   with --seconds S --window W --batch N --samples N
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "tests/bench/child.h"
#include "tests/bench/measure.h"

namespace {

using namespace forkmill::bench;

struct Options {
  std::vector<std::string> what{"throughput", "latency"};
  double seconds = 3;
  double warm_up = 1;
  int window = 10'000;
  int batch = 1;
  int workers = 2;
  int samples = 5'000;
};

zmq::socket_t open(zmq::context_t& context, zmq::socket_type type) {
  zmq::socket_t socket{context, type};
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::sndhwm, 0);
  socket.set(zmq::sockopt::rcvhwm, 0);
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
    socket.send(std::move(frame), flags);
  }
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_zmq: worker: %s\n", error.what());
  return 1;
}

void receive(zmq::socket_t& socket, std::size_t bytes) {
  zmq::message_t reply;
  static_cast<void>(socket.recv(reply));
  if (reply.size() != bytes) throw std::runtime_error{"a reply of the wrong size"};
}

void throughput(zmq::socket_t& socket, const Options& options) {
  const std::string payload(kEchoBytes * static_cast<std::size_t>(options.batch), 'x');
  Meter meter{Seconds{options.warm_up}, Seconds{options.seconds}};
  const int window = std::max(1, options.window / options.batch);
  int outstanding = 0;
  while (!meter.done()) {
    for (; outstanding < window; ++outstanding) socket.send(zmq::buffer(payload), zmq::send_flags::none);
    receive(socket, payload.size());
    --outstanding;
    meter.add(static_cast<std::uint64_t>(options.batch));
  }
  meter.report_as("zmq");
  for (; outstanding > 0; --outstanding) receive(socket, payload.size());
}

void latency(zmq::socket_t& socket, const Options& options) {
  const std::string payload(kEchoBytes, 'x');
  measure_latency("zmq", options.samples / 10, options.samples, [&] {
    socket.send(zmq::buffer(payload), zmq::send_flags::none);
    receive(socket, payload.size());
  });
}

void run(const Options& options) {
  const int front = free_port();
  const int back = free_port();
  auto router = Child::function([&] { return route(front, back, options.workers); });
  std::vector<Child> workers;
  workers.reserve(static_cast<std::size_t>(options.workers));
  for (int i = 0; i < options.workers; ++i) workers.push_back(Child::function([&] { return serve(back); }));
  wait_for_port(front, router);

  zmq::context_t context;
  auto socket = open(context, zmq::socket_type::dealer);
  socket.connect(endpoint(front));
  const auto wants = [&](const char* name) { return std::ranges::find(options.what, name) != options.what.end(); };
  if (wants("throughput")) throughput(socket, options);
  if (wants("latency")) latency(socket, options);
}

}  // namespace

int main(int argc, char** argv) try {
  Options options;
  CLI::App app{"The floor: 64-byte messages through a ZeroMQ ROUTER that only forwards"};
  app.add_option("what", options.what, "throughput, latency")->check(CLI::IsMember({"throughput", "latency"}));
  app.add_option("--seconds", options.seconds, "measuring time of the throughput")->capture_default_str();
  app.add_option("--warm-up", options.warm_up, "seconds before it")->capture_default_str();
  app.add_option("--window", options.window, "tasks outstanding")->capture_default_str();
  app.add_option("--batch", options.batch, "tasks in one message")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--workers", options.workers, "worker processes")->capture_default_str();
  app.add_option("--samples", options.samples, "round trips of the latency")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  run(options);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_zmq: %s\n", error.what());
  return 1;
}
