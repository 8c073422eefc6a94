/**
 * A fault of QEMU's emulated processors, not of what is tested: seen once in some thousand guests, the local APIC of one
 * loses a timer interrupt, and this processor then sleeps until some other interrupt wakes it. The guest's kernel tells
 * it apart from a busy machine (kernel/rcu/tree_stall.h, `rcu_check_gp_kthread_expired_fqs_timer`).
 */

/** The line that the guest's kernel writes. */
export const LOST_TIMER_LINE = /rcu: .*Possible timer handling issue on cpu=\d+/;

/** How the error of a test begins that met it. Such a test is tried once more (vitest.config.ts). */
export const LOST_TIMER_ERROR = 'the emulated processor lost a timer interrupt';
