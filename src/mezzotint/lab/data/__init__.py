# SPDX-License-Identifier: Apache-2.0
"""Photos to training crops: decode once, keep uint8 on the device, crop and flip there. And what is made of crops:
graphics, labelled tiles, regions, linear light, clips. Imports layers.
"""
