// Orders: queries that change something. A client that has no answer asks again in its next session, under the same
// number: it gets the answer that was lost on its way, and nothing is done twice. Kept in memory, and for as long as
// the client is.
#pragma once

#include "broker/core/state/session.h"

namespace forkmill::broker {

bool is_operator_command(const proto::Query& query);

// What was answered to this in an earlier session; null: it was never asked.
const proto::Reply* answered_before(const Client& client, const proto::Query& query);
void note_answer(Client& client, const proto::Query& query, const proto::Reply& reply);

}  // namespace forkmill::broker
