package io.quorate.kv;

/** What can be asked of alarms, and changes them. */
public sealed interface AlarmRequest extends KvRequest
    permits AlarmRaiseRequest, AlarmClearRequest {}
