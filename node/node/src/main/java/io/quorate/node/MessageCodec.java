package io.quorate.node;

import io.quorate.base.Bytes;
import io.quorate.raft.Ballot;
import io.quorate.raft.Configuration;
import io.quorate.raft.ConfigurationAt;
import io.quorate.raft.Message;

/** The core's rarer messages as frames. Appends have their own way, {@link AppendCodec}. */
final class MessageCodec {
  private MessageCodec() {}

  /** Writes a message as a whole frame. */
  static Bytes encode(FrameWriter out, long group, Message message) {
    switch (message) {
      case Message.PreVoteRequest m ->
          out.begin(FrameType.PRE_VOTE_REQUEST, group)
              .u64(m.term())
              .u64(m.campaign())
              .u64(m.lastIndex())
              .u64(m.lastTerm());
      case Message.PreVoteReply m ->
          out.begin(FrameType.PRE_VOTE_REPLY, group)
              .u64(m.term())
              .u64(m.campaign())
              .u8(m.ballot().code());
      case Message.VoteRequest m ->
          out.begin(FrameType.VOTE_REQUEST, group)
              .u64(m.term())
              .u64(m.lastIndex())
              .u64(m.lastTerm())
              .bool(m.handover());
      case Message.VoteReply m ->
          out.begin(FrameType.VOTE_REPLY, group).u64(m.term()).u8(m.ballot().code());
      case Message.TimeoutNow m -> out.begin(FrameType.TIMEOUT_NOW, group).u64(m.term());
      case Message.ReadIndexRequest m ->
          out.begin(FrameType.READ_INDEX_REQUEST, group)
              .u64(m.term())
              .u64(m.boot())
              .u64(m.sequence());
      case Message.ReadIndexReply m ->
          out.begin(FrameType.READ_INDEX_REPLY, group)
              .u64(m.term())
              .u64(m.boot())
              .u64(m.sequence())
              .u64(m.index())
              .bool(m.ok());
      case Message.SnapshotOffer m -> {
        out.begin(FrameType.SNAPSHOT_OFFER, group)
            .u64(m.term())
            .u64(m.snapshot())
            .u64(m.index())
            .u64(m.indexTerm());
        configurationAt(out, m.configuration());
      }
      case Message.SnapshotAnswer m ->
          out.begin(FrameType.SNAPSHOT_ANSWER, group)
              .u64(m.term())
              .u64(m.snapshot())
              .bool(m.wanted());
      case Message.AppendConfiguration m ->
          throw new IllegalArgumentException("an append goes as an append: " + m);
    }
    return out.toBytes();
  }

  private static Ballot ballot(FrameReader in) throws FrameReader.Malformed {
    int code = in.u8();
    if (code > Ballot.GRANTED_IF_ALL.code()) {
      throw new FrameReader.Malformed("unknown ballot " + code);
    }
    return Ballot.of(code);
  }

  /** Reads a message whose type and group have been read. */
  static Message decode(FrameType type, FrameReader in) throws FrameReader.Malformed {
    Message message =
        switch (type) {
          case PRE_VOTE_REQUEST ->
              new Message.PreVoteRequest(in.u64(), in.u64(), in.u64(), in.u64());
          case PRE_VOTE_REPLY -> new Message.PreVoteReply(in.u64(), in.u64(), ballot(in));
          case VOTE_REQUEST -> new Message.VoteRequest(in.u64(), in.u64(), in.u64(), in.bool());
          case VOTE_REPLY -> new Message.VoteReply(in.u64(), ballot(in));
          case TIMEOUT_NOW -> new Message.TimeoutNow(in.u64());
          case READ_INDEX_REQUEST -> new Message.ReadIndexRequest(in.u64(), in.u64(), in.u64());
          case READ_INDEX_REPLY ->
              new Message.ReadIndexReply(in.u64(), in.u64(), in.u64(), in.u64(), in.bool());
          case SNAPSHOT_OFFER ->
              new Message.SnapshotOffer(
                  in.u64(), in.u64(), in.u64(), in.u64(), configurationAt(in));
          case SNAPSHOT_ANSWER -> new Message.SnapshotAnswer(in.u64(), in.u64(), in.bool());
          case APPEND,
              APPEND_ACK,
              FORWARD,
              FORWARD_REFUSED,
              LEASE_ASK,
              LEASE_ANSWER,
              SNAPSHOT_FETCH,
              SNAPSHOT_PART,
              SNAPSHOT_GONE,
              STANDING,
              STATE_DIFFERS,
              MEMBERSHIP_ASKED,
              MEMBERSHIP_REFUSED,
              REPAIR_ASK,
              REPAIR_ANSWER,
              PRESENT,
              REPAIR_STATE_ASK,
              REPAIR_STATE ->
              throw new FrameReader.Malformed("not a message of the core: " + type);
        };
    in.end();
    return message;
  }

  static void configurationAt(FrameWriter out, ConfigurationAt configuration) {
    out.u64(configuration.index()).bytes(configuration.configuration().toBytes());
  }

  /** A configuration as the log keeps it beside the entries. */
  static Bytes blob(FrameWriter out, ConfigurationAt configuration) {
    out.begin();
    configurationAt(out, configuration);
    return out.toBytes();
  }

  static ConfigurationAt configurationAt(FrameReader in) throws FrameReader.Malformed {
    return new ConfigurationAt(in.u64(), configuration(in.bytes()));
  }

  static Configuration configuration(Bytes bytes) throws FrameReader.Malformed {
    try {
      return Configuration.fromBytes(bytes);
    } catch (IllegalArgumentException e) {
      throw new FrameReader.Malformed(String.valueOf(e.getMessage()));
    }
  }
}
