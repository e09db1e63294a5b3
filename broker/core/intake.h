// Intake: takes in what clients submit, or says why not. A rejected task leaves nothing behind.
#pragma once

#include "broker/core/attempts.h"
#include "broker/core/books.h"
#include "broker/core/deliveries.h"
#include "broker/core/registry.h"
#include "proto/result.h"

namespace forkmill::broker {

class Intake {
 public:
  Intake(Books& books, Deliveries& deliveries, const Registry& registry)
      : books_{books}, deliveries_{deliveries}, registry_{registry} {}

  void submit(Client& client, proto::MessageSeq message, proto::Submit submit);
  // A task from the store, at the start. By rising seq.
  void recover(const StoredTask& stored, Retention& retention);
  // Something about a task that waits was due: its time has come, or is over.
  void due(Task& task, Attempts& attempts);

  bool closed = false;  // shutting down: takes in nothing

 private:
  std::optional<proto::Failure> refuse(const proto::Submission& submission) const;
  std::optional<proto::Failure> take_in(Client& client, proto::Submission submission);
  std::optional<proto::Failure> repeat(Client& client, Task& task, const proto::Submission& submission);
  void start(Task& task, Instant due, Instant arrived);
  Instant first_due(const proto::TaskOptions& options, Instant arrived) const;
  std::shared_ptr<const proto::TaskOptions> share(Client& client, proto::TaskOptions options);
  bool durable(const proto::TaskOptions& options) const;

  Books& books_;
  Deliveries& deliveries_;
  const Registry& registry_;
};

}  // namespace forkmill::broker
