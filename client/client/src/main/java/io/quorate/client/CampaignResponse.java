package io.quorate.client;

/** An election was won. */
public record CampaignResponse(Header header, LeaderKey leader) {}
