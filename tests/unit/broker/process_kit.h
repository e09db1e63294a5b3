// Shared by the tests of tasks with a process of their own: submissions, workers, clients in children, and queries.
#pragma once

#include <map>
#include <msgpack.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/broker/broker.h"

namespace forkmill::broker::test {

inline constexpr std::uint64_t kInstance = 77;

inline Submission process(std::uint64_t n, TaskOptions options = {}) {
  options.process = true;
  options.max_attempts = 1;
  return task(n, std::move(options));
}
inline Submission daemon(std::uint64_t n) {
  TaskOptions options;
  options.daemon = true;
  return process(n, options);
}

inline Hello host(std::uint32_t max_processes, std::vector<std::string> queues = {"default"}) {
  Hello hello = Broker::worker_hello(std::move(queues));
  hello.worker.max_processes = max_processes;
  hello.instance = kInstance;
  return hello;
}

inline Hello child_client(std::uint32_t pid, std::uint64_t child_of = kInstance) {
  Hello hello;
  hello.name = "child";
  hello.pid = pid;
  hello.child_of = child_of;
  hello.instance = 1000 * child_of + pid;
  return hello;
}

struct Answer {
  Errc code = Errc::ok;
  std::map<std::string, msgpack::object> body;
  msgpack::object_handle handle;
};

inline Answer answer_to(Broker& broker, const Broker::Peer& client, Message message) {
  broker.send(client, std::move(message));
  const auto replies = broker.take<Reply>(client);
  REQUIRE(replies.size() == 1);
  Answer answer;
  answer.code = replies[0].code;
  if (answer.code != Errc::ok) return answer;
  const auto bytes = replies[0].body.view();
  answer.handle = msgpack::unpack(bytes.data(), bytes.size());
  answer.handle.get().convert(answer.body);
  return answer;
}

inline Answer ask(Broker& broker, const Broker::Peer& client, QueryKind kind, const std::string& argument = {}) {
  return answer_to(broker, client, Query{5, kind, argument});
}

inline std::string signal(Broker& broker, const Broker::Peer& client, std::uint64_t n, int number) {
  Answer answer = answer_to(broker, client, Command{5, SendSignal{id(n).to_string(), number}});
  return answer.code == Errc::ok ? answer.body.at("state").as<std::string>() : std::string{errc_name(answer.code)};
}

}  // namespace forkmill::broker::test
