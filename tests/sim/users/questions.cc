#include "tests/sim/users/questions.h"

#include <utility>

namespace forkmill::sim {

Cookie Questions::expect(Then then) {
  const Cookie cookie = draw_cookie(world_.random);
  if (then) asked_[cookie] = std::move(then);
  return cookie;
}

void Questions::ask(proto::Query query, Then then) {
  session_.handle(client::AskBroker{std::move(query), expect(std::move(then))});
  session_.wake_soon();
}

void Questions::give(proto::AnyCommand command, Then then) {
  session_.handle(client::CommandBroker{std::move(command), expect(std::move(then))});
  session_.wake_soon();
}

void Questions::answered(Cookie cookie, const proto::Reply& reply) {
  if (const auto asked = asked_.extract(cookie); !asked.empty()) asked.mapped()(reply);
}

}  // namespace forkmill::sim
