metadata description = 'Who is told what is wrong: one rule for each entry of alerts.json, one on storage and one on the vault.'

@description('Required. Short name of this deployment.')
param environmentName string

@description('Required. Azure region.')
param location string

@description('Required. Tags of the resources.')
param tags object

@description('Required. Id of Application Insights, whose tables the queries read.')
param applicationInsightsId string

@description('Required. Id of the storage account of leads and host.')
param storageId string

@description('Required. Id of the vault, which tells when a secret is about to expire.')
param vaultId string

@description('Required. Who is told, by e-mail; nobody if empty, and alerts show in the portal alone.')
param emails string[]

@description('Required. Web address of the folder of runbooks, without a slash at its end.')
param runbooks string

var alerts = loadJsonContent('../alerts.json')
var receivers = empty(emails) ? [] : [people.id]

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(emails)) {
  name: 'ag-leadshare-${environmentName}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'leadshare'
    enabled: true
    emailReceivers: [
      for (email, number) in emails: {
        name: 'person-${number}'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

resource rules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for alert in alerts: {
    name: 'leadshare-${environmentName}-${alert.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'leadshare ${environmentName}: ${alert.title}'
      description: 'What to do: ${runbooks}/${alert.name}.md'
      enabled: true
      severity: alert.severity
      evaluationFrequency: alert.frequency
      windowSize: alert.window
      // Its tables may not be known yet in the minute after Application Insights was made; tests
      // have put every query through Microsoft's parser.
      skipQueryValidation: true
      // What stays wrong unseen, such as a lost POST, must be closed by a person.
      autoMitigate: !alert.stays
      // Such a rule would tell people anew each time that it looks at the same window.
      muteActionsDuration: alert.stays ? alert.window : null
      scopes: [applicationInsightsId]
      criteria: {
        allOf: [
          {
            query: join(alert.query, '\n')
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            dimensions: map(alert.by, name => {
              name: name
              operator: 'Include'
              values: ['*']
            })
            failingPeriods: {
              numberOfEvaluationPeriods: 1
              minFailingPeriodsToAlert: 1
            }
          }
        ]
      }
      actions: {
        actionGroups: receivers
        customProperties: {
          runbook: '${runbooks}/${alert.name}.md'
        }
      }
    }
  }
]

resource throttled 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'leadshare-${environmentName}-storage-throttled'
  location: 'global'
  tags: tags
  properties: {
    description: 'Storage turns requests away. What to do: ${runbooks}/storage-throttled.md'
    enabled: true
    severity: 2
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    autoMitigate: true
    scopes: [storageId]
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'throttled'
          metricNamespace: 'Microsoft.Storage/storageAccounts'
          metricName: 'Transactions'
          timeAggregation: 'Total'
          operator: 'GreaterThan'
          threshold: 0
          dimensions: [
            {
              name: 'ResponseType'
              operator: 'Include'
              values: [
                'ClientAccountBandwidthThrottlingError'
                'ClientAccountRequestThrottlingError'
                'ClientThrottlingError'
                'ServerBusyError'
                'SuccessWithThrottling'
              ]
            }
          ]
        }
      ]
    }
    actions: [for id in receivers: { actionGroupId: id }]
  }
}

// Few systems tell when their secret ends; the vault knows it of all that were given an end.
resource vaultEvents 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: 'evgt-leadshare-${environmentName}'
  location: location
  tags: tags
  properties: {
    source: vaultId
    topicType: 'Microsoft.KeyVault.vaults'
  }
}

resource secretEnds 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: vaultEvents
  name: 'secret-expiring'
  properties: {
    // Alerts take no other schema.
    eventDeliverySchema: 'CloudEventSchemaV1_0'
    filter: {
      includedEventTypes: ['Microsoft.KeyVault.SecretNearExpiry', 'Microsoft.KeyVault.SecretExpired']
    }
    destination: {
      endpointType: 'MonitorAlert'
      properties: {
        severity: 'Sev2'
        description: 'A secret expires soon. What to do: ${runbooks}/secret-expiring.md'
        actionGroups: receivers
      }
    }
  }
}
