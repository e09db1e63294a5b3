// Queries: what operators ask. Bodies are msgpack maps, laid out in PROTOCOL.md under QUERY.
#pragma once

#include "broker/core/books.h"
#include "broker/core/registry.h"
#include "broker/core/retention.h"

namespace forkmill::broker {

class Queries {
 public:
  Queries(Books& books, const Registry& registry, const Retention& retention)
      : books_{books}, registry_{registry}, retention_{retention} {}

  proto::Reply answer(const proto::Query& query) const;

  std::uint64_t rss_bytes = 0;  // of the process; set from outside

 private:
  std::string status() const;
  std::string queues() const;
  std::string workers() const;
  std::string task(const Task& task) const;

  // Ready tasks that no connected worker would take, by queue and kind, and why.
  struct Unserved {
    std::string queue;
    std::string name;
    std::size_t count;
    std::string reason;
  };
  std::vector<Unserved> unserved() const;
  // Why nobody takes such tasks; empty when somebody does.
  std::string why_unserved(const Queue& queue, KindId kind) const;
  std::string why_waiting(const Task& task) const;

  Books& books_;
  const Registry& registry_;
  const Retention& retention_;
};

}  // namespace forkmill::broker
