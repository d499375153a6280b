package io.quorate.client;

import java.util.List;

/**
 * A member was added.
 *
 * @param members all, with the new one
 */
public record MemberAddResponse(Header header, Member member, List<Member> members) {}
