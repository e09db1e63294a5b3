#include "tests/sim/users/survey.h"

#include "tests/sim/rules/replies.h"

namespace forkmill::sim {

void Survey::begin() {
  proto::Query query;
  query.kind = proto::QueryKind::status;
  questions_.ask(std::move(query));
  history_.views().begin_survey();
  read_page({});
}

void Survey::read_page(proto::TaskSeq before) {
  proto::Query query;
  query.kind = proto::QueryKind::tasks;
  query.filter.before = before;
  query.filter.most = 50;
  questions_.ask(std::move(query), [this](const proto::Reply& reply) {
    listed_.merge(ids_listed(reply));
    if (const proto::TaskSeq next = next_page(reply)) return read_page(next);
    history_.views().end_survey(listed_);
    done_ = true;
  });
}

}  // namespace forkmill::sim
