package io.quorate.client;

import java.util.List;

/** The members of a cluster, as the member that answered knows them. */
public record MemberListResponse(Header header, List<Member> members) {}
